package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
)

// broken is a session store whose database is away.
type broken struct{ *rooms }

func (broken) Session(context.Context, string) ([]byte, error) { return nil, errors.New("no database") }

func TestSessionsAreAway(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
	site := newSiteOn(t, "https://pod.example", r, broken{r})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/inside", nil)
	req.AddCookie(&http.Cookie{Name: "__Host-session", Value: "x"})
	w := httptest.NewRecorder()
	New(site, door{site}).ServeHTTP(w, req)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "no database") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestAccountsAreAway: who is signed in is no stranger because the database is
// away for a moment; a form would be forgotten, and look as if it had been taken.
func TestAccountsAreAway(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
	srv, client := serve(t, r, func(s *Site) Group { return nameTag{s} })
	post(t, client, srv.URL+"/let-me-in", nil)
	r.away = true
	for name, send := range map[string]func() (*http.Response, string){
		"a page":           func() (*http.Response, string) { return get(t, client, srv.URL+"/inside") },
		"a page for all":   func() (*http.Response, string) { return get(t, client, srv.URL+"/browser") },
		"a form":           func() (*http.Response, string) { return post(t, client, srv.URL+"/let-me-in", nil) },
		"what is not here": func() (*http.Response, string) { return get(t, client, srv.URL+"/nothing") },
	} {
		t.Run("says so instead of "+name, func(t *testing.T) {
			if resp, body := send(); resp.StatusCode != http.StatusInternalServerError || !strings.Contains(body, "Try again in a moment") || strings.Contains(body, "no database") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
	t.Run("shows strangers what it showed before", func(t *testing.T) {
		if resp, _ := get(t, browser(t), srv.URL+"/browser"); resp.StatusCode != http.StatusOK {
			t.Error(resp.StatusCode)
		}
	})
	t.Run("knows the person afterwards", func(t *testing.T) {
		r.away = false
		if resp, body := get(t, client, srv.URL+"/inside"); resp.StatusCode != http.StatusTeapot || !strings.Contains(body, "Hello aurora") {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}

// keeping takes every change of an account.
type keeping struct{}

func (keeping) ChangePassword(context.Context, pod.Account, string, string) error { return nil }
func (keeping) ChangeEmail(context.Context, pod.Account, string) error            { return nil }
func (keeping) SetLanguage(context.Context, pod.Account, string) error            { return nil }
func (keeping) Close(context.Context, pod.Account) error                          { return nil }

// TestSessionsStick: what was done is not told as a failure because the session of
// before cannot be ended.
func TestSessionsStick(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
	srv, client := serve(t, r, func(s *Site) Group { return nameTag{s} },
		func(s *Site) Group { return Settings{Site: s, Keeping: keeping{}, Now: time.Now} },
		func(s *Site) Group { return Doors{Site: s, Gate: desk{r}, Now: time.Now} })
	post(t, client, srv.URL+"/let-me-in", nil)
	guest := browser(t)
	get(t, guest, srv.URL+"/browser")
	r.stuck = true
	t.Run("a password is changed", func(t *testing.T) {
		if resp, body := post(t, client, srv.URL+"/settings/password", nil); resp.StatusCode != 303 || resp.Header.Get("Location") != "/settings?changed=password" {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
	t.Run("an account is closed", func(t *testing.T) {
		if resp, body := post(t, client, srv.URL+"/settings/close", nil); resp.StatusCode != 200 || !strings.Contains(body, "The account is closed") {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
	t.Run("a new account is there, and its person signs in", func(t *testing.T) {
		form := url.Values{"username": {"boreal"}, "email": {"b@mail.example"}, "password": {"secret sauce"}, "next": {"/inside"}}
		resp, body := post(t, guest, srv.URL+"/sign-up", form)
		if resp.StatusCode != 303 || resp.Header.Get("Location") != "/sign-in?next=%2Finside" || r.accounts[2].Username != "boreal" {
			t.Errorf("%d to %s: %s", resp.StatusCode, resp.Header.Get("Location"), body)
		}
	})
}

func TestBrowser(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
	srv, client := serve(t, r, func(s *Site) Group { return nameTag{s} })
	name := func() string { _, body := get(t, client, srv.URL+"/browser"); return body }
	before := name()
	if before == "" || name() != before {
		t.Error("the browser has no name, or a new one each time")
	}
	post(t, client, srv.URL+"/let-me-in", nil)
	if name() != before {
		t.Error("the browser's name changed at sign-in: what left from it cannot come back")
	}
	other := browser(t)
	if _, body := get(t, other, srv.URL+"/browser"); body == before {
		t.Error("two browsers have one name")
	}
}

// named is the cookie of an answer whose name begins so.
func named(resp *http.Response, prefix string) *http.Cookie {
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, prefix) {
			return c
		}
	}
	return &http.Cookie{Name: "none " + prefix}
}

// TestCookie looks at what a browser is told about the cookies of a sign-in.
func TestCookie(t *testing.T) {
	for origin, prefixes := range map[string][]string{
		"https://pod.example": {"__Host-session", "__Host-device-"}, "http://localhost:4000": {"session_", "device-"}, "http://127.0.0.1:4001": {"session_", "device-"},
	} {
		r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
		site := newSite(t, origin, r)
		in := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader("username=aurora&password=correct+horse"))
		in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		New(site, Doors{Site: site, Gate: desk{r}, Now: time.Now}).ServeHTTP(answer, in)
		for _, prefix := range prefixes {
			cookieIs(t, origin, prefix, named(answer.Result(), prefix))
		}
	}
}

func cookieIs(t *testing.T, origin, prefix string, cookie *http.Cookie) {
	t.Run(prefix+" at "+origin, func(t *testing.T) {
		t.Run("is named by how it is kept", func(t *testing.T) {
			if !strings.HasPrefix(cookie.Name, prefix) {
				t.Errorf("it is %s", cookie.Name)
			}
		})
		t.Run("goes over TLS alone where there is TLS", func(t *testing.T) {
			if cookie.Secure != strings.HasPrefix(origin, "https:") {
				t.Errorf("Secure is %v", cookie.Secure)
			}
		})
		t.Run("is not shown to script", func(t *testing.T) {
			if !cookie.HttpOnly {
				t.Error("HttpOnly is missing")
			}
		})
		t.Run("does not go along with another site's forms", func(t *testing.T) {
			if cookie.SameSite != http.SameSiteLaxMode {
				t.Errorf("SameSite is %v", cookie.SameSite)
			}
		})
		t.Run("is this host's alone, at every path", func(t *testing.T) {
			if cookie.Domain != "" || cookie.Path != "/" {
				t.Errorf("Domain %q, Path %q", cookie.Domain, cookie.Path)
			}
		})
	})
}

// TestSessionEnds replays cookies that should be worth nothing any more.
func TestSessionEnds(t *testing.T) {
	aurora := pod.Account{ID: 1, Username: "aurora", State: pod.Active}
	r := newRooms(aurora)
	srv, client := serve(t, r, func(s *Site) Group { return nameTag{s} }, func(s *Site) Group { return Doors{Site: s, Gate: desk{r}, Now: time.Now} })
	held := func(c *http.Client) *http.Client { // another browser with the cookies of this one
		u, err := url.Parse(srv.URL)
		must(t, err)
		thief := browser(t)
		thief.Jar.SetCookies(u, c.Jar.Cookies(u))
		return thief
	}
	inside := func(c *http.Client) bool {
		resp, _ := get(t, c, srv.URL+"/inside")
		return resp.StatusCode == http.StatusTeapot
	}
	t.Run("one planted before the sign-in is worth nothing after it", func(t *testing.T) {
		get(t, client, srv.URL+"/browser")
		planted := held(client)
		post(t, client, srv.URL+"/let-me-in", nil)
		if !inside(client) || inside(planted) {
			t.Errorf("signed in: %v, and with the planted cookie: %v", inside(client), inside(planted))
		}
	})
	t.Run("one from before another sign-in is worth nothing after it", func(t *testing.T) {
		stolen := held(client)
		post(t, client, srv.URL+"/let-me-in", nil)
		if !inside(client) || inside(stolen) {
			t.Errorf("signed in: %v, and with the old cookie: %v", inside(client), inside(stolen))
		}
	})
	t.Run("one that is known from elsewhere is worth nothing after signing out", func(t *testing.T) {
		stolen := held(client)
		post(t, client, srv.URL+"/sign-out", nil)
		if inside(client) || inside(stolen) {
			t.Errorf("signed in: %v, and with the old cookie: %v", inside(client), inside(stolen))
		}
	})
	t.Run("a sign-in with a password that was changed meanwhile is none", func(t *testing.T) {
		post(t, client, srv.URL+"/let-me-in", nil)
		aurora.SessionsFrom = time.Now().Add(time.Millisecond)
		r.accounts[1] = aurora
		if inside(client) {
			t.Error("the session began before the password was changed, and is good still")
		}
	})
}
