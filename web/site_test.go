package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	m.Run()
}

// rooms is a session store and the accounts of a test, in memory.
type rooms struct {
	sessions map[string][]byte
	accounts map[int64]pod.Account
	away     bool // the accounts cannot be read
	stuck    bool // sessions cannot be ended
}

func newRooms(accounts ...pod.Account) *rooms {
	r := &rooms{sessions: map[string][]byte{}, accounts: map[int64]pod.Account{}}
	for _, a := range accounts {
		r.accounts[a.ID] = a
	}
	return r
}

func (r *rooms) Session(_ context.Context, token string) ([]byte, error) {
	return r.sessions[token], nil
}

func (r *rooms) SaveSession(_ context.Context, token string, data []byte, _ time.Time) error {
	r.sessions[token] = data
	return nil
}

func (r *rooms) DeleteSession(_ context.Context, token string) error {
	if r.stuck {
		return errors.New("no database")
	}
	delete(r.sessions, token)
	return nil
}

func (r *rooms) Account(_ context.Context, id int64) (pod.Account, error) {
	if r.away {
		return pod.Account{}, errors.New("no database")
	}
	if a, ok := r.accounts[id]; ok {
		return a, nil
	}
	return pod.Account{}, pod.ErrNoAccount
}

func newSite(t *testing.T, origin string, r *rooms) *Site {
	t.Helper()
	return newSiteOn(t, origin, r, r)
}

func newSiteOn(t *testing.T, origin string, r *rooms, sessions pod.SessionRows) *Site {
	t.Helper()
	s, err := NewSite(Options{
		Origin:   origin,
		Sessions: pod.NewSessions(pod.SessionOptions{Origin: origin, Rows: sessions, Now: time.Now, Log: slog.New(slog.DiscardHandler)}),
		Accounts: r,
		Log:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// door signs account 1 in without a password, and shows a page to those who
// are signed in.
type door struct{ site *Site }

func (d door) Mount(r gin.IRouter) {
	r.POST("/let-me-in", func(c *gin.Context) {
		if err := d.site.Sessions.SignIn(c.Request.Context(), 1, time.Now()); err != nil {
			d.site.Fail(c, err)
			return
		}
		c.Status(http.StatusNoContent)
	})
	r.GET("/inside", d.site.SignedIn(), func(c *gin.Context) {
		a, _ := d.site.Account(c)
		d.site.Problem(c, http.StatusTeapot, "Hello "+a.Username, "You are <inside>.")
	})
	r.GET("/panic", func(*gin.Context) { panic("on purpose") })
}

func serve(t *testing.T, r *rooms, groups ...func(*Site) Group) (*httptest.Server, *http.Client) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	site := newSite(t, "http://"+srv.Listener.Addr().String(), r)
	all := []Group{door{site}}
	for _, g := range groups {
		all = append(all, g(site))
	}
	srv.Config.Handler = New(site, all...)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, browser(t)
}

// browser is a client with cookies that does not follow redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func get(t *testing.T, c *http.Client, address string) (*http.Response, string) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return resp, readBody(t, resp)
}

func post(t *testing.T, c *http.Client, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	resp, err := c.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	return resp, readBody(t, resp)
}

func readBody(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestSite(t *testing.T) {
	srv, client := serve(t, newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active}))

	t.Run("sends strangers to the sign-in page and names the way back", func(t *testing.T) {
		resp, _ := get(t, client, srv.URL+"/inside?a=1&b=2")
		if got, want := resp.Header.Get("Location"), "/sign-in?next=%2Finside%3Fa%3D1%26b%3D2"; resp.StatusCode != 303 || got != want {
			t.Errorf("%d %s, want 303 %s", resp.StatusCode, got, want)
		}
	})
	t.Run("shows the page to who is signed in, escaped and under the policy", func(t *testing.T) {
		post(t, client, srv.URL+"/let-me-in", nil)
		resp, body := get(t, client, srv.URL+"/inside")
		if resp.StatusCode != http.StatusTeapot || !strings.Contains(body, "Hello aurora") || !strings.Contains(body, "&lt;inside&gt;") {
			t.Errorf("%d\n%s", resp.StatusCode, body)
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") || resp.Header.Get("X-Frame-Options") != "DENY" {
			t.Error("no policy on the page")
		}
	})
	t.Run("answers the same bytes for whatever is not there, whoever asks", func(t *testing.T) {
		inside, a := get(t, client, srv.URL+"/nothing")
		outside, b := get(t, browser(t), srv.URL+"/static/nothing?x=%3Cb%3E")
		for _, r := range []*http.Response{inside, outside} {
			r.Header.Del("Date")
		}
		if a != b || inside.StatusCode != 404 || len(inside.Header) != len(outside.Header) {
			t.Errorf("%v and %v differ, or their bodies do", inside.Header, outside.Header)
		}
	})
	t.Run("answers HEAD as GET without a body", func(t *testing.T) {
		resp, err := client.Head(srv.URL + "/static/style.css")
		if err != nil {
			t.Fatal(err)
		}
		if body := readBody(t, resp); resp.StatusCode != 200 || body != "" || resp.ContentLength <= 0 {
			t.Errorf("%d, %d bytes of %d", resp.StatusCode, len(body), resp.ContentLength)
		}
	})
	t.Run("survives a page that panics", func(t *testing.T) {
		if resp, body := get(t, client, srv.URL+"/panic"); resp.StatusCode != 500 || strings.Contains(body, "on purpose") {
			t.Errorf("%d\n%s", resp.StatusCode, body)
		}
	})
}

func TestCrossSiteForms(t *testing.T) {
	srv, client := serve(t, newRooms())
	for name, header := range map[string]http.Header{
		"by Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"by a sibling site": {"Sec-Fetch-Site": {"same-site"}},
		"by Origin":         {"Origin": {"https://evil.example"}},
	} {
		t.Run("refuses a form of another site "+name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/let-me-in", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if readBody(t, resp); resp.StatusCode != http.StatusForbidden || len(resp.Cookies()) != 0 {
				t.Errorf("%d with cookies %v", resp.StatusCode, resp.Cookies())
			}
		})
	}
}

// TestFormsCutOff: a form that did not arrive whole is no form with empty fields.
func TestFormsCutOff(t *testing.T) {
	srv, client := serve(t, newRooms())
	resp, err := client.Post(srv.URL+"/let-me-in", "application/x-www-form-urlencoded", strings.NewReader("name=aurora&text=ferns%2"))
	if err != nil {
		t.Fatal(err)
	}
	if body := readBody(t, resp); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "did not arrive whole") || len(resp.Cookies()) > 0 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestLocal(t *testing.T) {
	for next, want := range map[string]string{
		"/moves/1?a=b":                     "/moves/1?a=b",
		"":                                 "/",
		"moves":                            "/",
		"//evil.example":                   "/",
		`/\evil.example`:                   "/",
		"https://evil.example":             "/",
		"/a\r\nSet-Cookie: a":              "/",
		"javascript:alert(1)":              "/",
		"/a%0d%0ab":                        "/a%0d%0ab",
		"//user@evil.example":              "/",
		"/\t/evil.example":                 "/",
		"\t//evil.example":                 "/",
		" //evil.example":                  "/",
		"\x00//evil.example":               "/",
		`\\evil.example`:                   "/",
		`/a\..\..\evil.example`:            "/",
		"///evil.example":                  "/",
		"/\n/evil.example":                 "/",
		"/\x7f/evil.example":               "/",
		"/%zz":                             "/",
		"http:evil.example":                "/",
		"https:///evil":                    "/",
		"HTTPS://evil.example":             "/",
		"JavaScript:alert(1)":              "/",
		" javascript:alert(1)":             "/",
		"data:text/html,x":                 "/",
		"mailto:a@b.example":               "/",
		"@evil.example":                    "/",
		".evil.example":                    "/",
		"?next=//evil.example":             "/",
		"/" + strings.Repeat("a", maxNext): "/",
		// What is encoded stays so: to a browser it is a part of a path.
		"/%2f/evil.example":                   "/%2f/evil.example",
		"/%2fevil.example":                    "/%2fevil.example",
		"/%5cevil.example":                    "/%5cevil.example",
		"/%09/evil.example":                   "/%09/evil.example",
		"/sign-in?next=https://evil.example/": "/sign-in?next=https://evil.example/",
		"/settings#email":                     "/settings#email",
	} {
		t.Run(next, func(t *testing.T) {
			if got := local(next); got != want {
				t.Errorf("local(%q) = %q, want %q", next, got, want)
			}
		})
	}
}

// english is the language that keys are in.
func english(t *testing.T) *locale.Locale {
	t.Helper()
	set, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return set.Match("en")
}
