package main

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"podmove"
	"podmove/internal/config"
	"podmove/internal/pod"
	"podmove/web"
)

// A whole pod in one process, behind https, with somebody signed in.
type wholePod struct {
	*testing.T
	*podServer
	rooms  rooms
	cookie *http.Cookie
}

const wholeOrigin = "https://pod.example"

func newWholePod(t *testing.T, settings ...func(*config.Config)) *wholePod {
	t.Helper()
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), wholeOrigin
	for _, set := range settings {
		set(&c)
	}
	p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	v := &wholePod{T: t, podServer: p}
	if v.rooms, err = p.rooms(); err != nil {
		t.Fatal(err)
	}
	w := v.ask(http.MethodPost, "/sign-up", "", url.Values{"username": {"aurora"}, "email": {"aurora@mail.example"}, "password": {"a long password of aurora"}})
	for _, cookie := range w.Result().Cookies() {
		v.cookie = cookie
	}
	if v.cookie == nil {
		t.Fatalf("nobody is signed in: %d %s", w.Code, w.Body)
	}
	return v
}

// ask asks in the name of whoever is signed in, unless nobody is yet.
func (v *wholePod) ask(method, target, accept string, form url.Values) *httptest.ResponseRecorder {
	v.Helper()
	return v.answer(v.request(method, target, accept, form))
}

func (v *wholePod) request(method, target, accept string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(v.Context(), method, wholeOrigin+target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	return r
}

func (v *wholePod) answer(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// routes are all of them, as "GET /path": the contract's, the pages', and what
// is nowhere.
func (v *wholePod) routes() []string {
	v.Helper()
	all := map[string]bool{}
	doc, err := openapi3.NewLoader().LoadFromData(podmove.OpenAPI)
	if err != nil {
		v.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			all[method+" "+path] = true
		}
	}
	site, err := web.NewSite(web.Options{Origin: v.origin, Log: v.log})
	if err != nil {
		v.Fatal(err)
	}
	engine := gin.New()
	for _, group := range v.groups(site, v.rooms, pod.Window{}, nil) {
		group.Mount(engine)
	}
	for _, route := range engine.Routes() {
		all[route.Method+" "+route.Path] = true
	}
	for _, more := range []string{
		"GET /static/style.css", "GET /static/none.css", "GET /healthz", "GET /readyz", "GET /nowhere", "GET /oauth/nowhere", "GET /oauth/token",
		"GET /.well-known/nowhere", "GET /transfer/v1/nowhere", "GET /oauth", "GET /transfer", "GET /posts//x", "GET /u/aurora.json", "GET /people/x.json",
	} {
		all[more] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// fill puts something in the place of each parameter.
func fill(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		switch {
		case part == ":username", part == "{username}":
			parts[i] = "aurora"
		case part == ":feed":
			parts[i] = "aurora.atom"
		case part == "{collection}":
			parts[i] = "posts"
		case strings.HasPrefix(part, ":"):
			parts[i] = "0123456789abcdef"
		case strings.HasPrefix(part, "{"):
			_, rest, _ := strings.Cut(part, "}")
			parts[i] = "0123456789abcdef" + rest
		}
	}
	return strings.Join(parts, "/")
}

// TestHeaders holds every answer of every route to what its class must carry.
func TestHeaders(t *testing.T) {
	v := newWholePod(t)
	cookie := v.cookie
	for _, route := range v.routes() {
		method, path, _ := strings.Cut(route, " ")
		for _, m := range []string{method, http.MethodHead, http.MethodOptions, http.MethodDelete} {
			for _, who := range []string{"a stranger", "somebody"} {
				if method == http.MethodPost && m == method && path == "/sign-out" {
					continue // it would end the session; below
				}
				t.Run(m+" "+path+" for "+who, func(t *testing.T) {
					if v.cookie = cookie; who == "a stranger" {
						v.cookie = nil
					}
					var form url.Values
					if m == http.MethodPost {
						form = url.Values{"x": {"y"}}
					}
					checkHeaders(t, m, path, who == "somebody", v.ask(m, fill(path), "", form))
				})
			}
		}
	}
	t.Run("POST /sign-out", func(t *testing.T) {
		v.cookie = cookie
		checkHeaders(t, http.MethodPost, "/sign-out", true, v.ask(http.MethodPost, "/sign-out", "", url.Values{}))
	})
}

func checkHeaders(t *testing.T, method, path string, signedIn bool, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=63072000",
		"Access-Control-Allow-Credentials": "",
	} {
		if h.Get(name) != want || len(h.Values(name)) > 1 {
			t.Errorf("%d has %s: %q", w.Code, name, h.Values(name))
		}
	}
	checkPolicy(t, h.Get("Content-Security-Policy"))
	if wide := path == "/.well-known/webfinger"; h.Get("Access-Control-Allow-Origin") != "" && !wide {
		t.Errorf("%d may be read by other sites' scripts", w.Code)
	}
	referrer := h.Get("Referrer-Policy")
	if referrer != "no-referrer" && (referrer != "same-origin" || strings.HasPrefix(path, "/oauth/")) {
		t.Errorf("%d has Referrer-Policy: %q", w.Code, referrer)
	}
	if !mayBeKept(path, w.Code) && h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d may be kept: %q", w.Code, h.Get("Cache-Control"))
	}
	if w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusPermanentRedirect || w.Code == http.StatusMovedPermanently {
		t.Errorf("it redirects with %d to %s", w.Code, h.Get("Location"))
	}
	if method == http.MethodPost && w.Code/100 == 3 && w.Code != http.StatusSeeOther {
		t.Errorf("a POST is redirected with %d", w.Code)
	}
}

// checkPolicy: nothing but what is named, no inline script, and no frame.
func checkPolicy(t *testing.T, policy string) {
	t.Helper()
	if !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("Content-Security-Policy: %q", policy)
	}
}

// mayBeKept: what is the same for everyone.
func mayBeKept(path string, status int) bool {
	public := strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/public/") || strings.HasPrefix(path, "/.well-known/") ||
		slices.Contains([]string{"/oauth/jwks.json", "/oauth/client.json", "/docs", "/openapi.yaml"}, path)
	return public && status == http.StatusOK
}

// TestSpelling: an address has one spelling, and no other is redirected, by
// which a form would be sent twice.
func TestSpelling(t *testing.T) {
	v := newWholePod(t)
	for _, path := range []string{"//sign-in", "/oauth//token", "/./sign-in", "/x/../sign-in", "/oauth", "/oauth/interactions", "/transfer", "/.well-known", "/transfer//v1", "/sign-in/"} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			t.Run(method+" "+path, func(t *testing.T) {
				w := v.ask(method, path, "", url.Values{"password": {"secret"}})
				if w.Code/100 == 3 || w.Code/100 == 2 {
					t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
				}
			})
		}
	}
}

// TestHSTS: a pod in development is http, and says nothing of https.
func TestHSTS(t *testing.T) {
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), "http://127.0.0.1:4001"
	p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestForwarded: what a proxy's headers say goes into no address, cookie or
// document.
func TestForwarded(t *testing.T) {
	v := newWholePod(t, func(c *config.Config) { c.TrustedProxies = []string{"192.0.2.0/24"} })
	for _, path := range []string{
		"/", "/sign-in", "/move", "/u/aurora", "/u/aurora.json", "/public/aurora.atom", "/.well-known/openid-configuration", "/oauth/client.json",
		"/.well-known/oauth-protected-resource/transfer/v1", "/.well-known/webfinger?resource=acct:aurora@pod.example", "/transfer/v1", "/settings",
	} {
		t.Run(path, func(t *testing.T) {
			r := v.request(http.MethodGet, path, "", nil)
			want := v.answer(r.Clone(t.Context()))
			r.Host = "evil.example"
			for name, value := range map[string]string{
				"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "666", "X-Forwarded-Prefix": "/evil",
				"Forwarded": "host=evil.example;proto=http", "X-Original-URL": "/evil", "X-Rewrite-URL": "/evil", "X-HTTP-Method-Override": "DELETE",
			} {
				r.Header.Set(name, value)
			}
			got := v.answer(r)
			if got.Code != want.Code || got.Header().Get("Location") != want.Header().Get("Location") || got.Body.String() != want.Body.String() || strings.Contains(got.Body.String(), "evil") {
				t.Errorf("%d %v, without the headers %d %v", got.Code, got.Header(), want.Code, want.Header())
			}
		})
	}
}
