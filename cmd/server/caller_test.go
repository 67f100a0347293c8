package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/config"
	"podmove/internal/demo"
)

// openHere opens a pod in this process. Its jobs do not run.
func openHere(t *testing.T, origin string) *podServer {
	t.Helper()
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), origin
	return openAs(t, c)
}

func openAs(t *testing.T, c config.Config) *podServer {
	t.Helper()
	p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	return p
}

// A listener listens on loopback and counts what it is asked.
type listener struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[http.Handler] // nil is 404
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.asked.Add(1)
		if answer := l.answer.Load(); answer != nil {
			(*answer).ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

// host is the listener's part of an ID.
func (l *listener) host() string { return strings.TrimPrefix(l.URL, "http://") }

// untouched fails the test if the listener was asked anything so far.
func (l *listener) untouched(t *testing.T) {
	t.Helper()
	if n := l.asked.Load(); n != 0 {
		t.Errorf("%s was asked %d times", l.URL, n)
	}
}

// podAt opens a pod that answers at a listener.
func podAt(t *testing.T, l *listener) *podServer {
	t.Helper()
	p := openHere(t, l.URL)
	l.answer.Store(&p.handler)
	return p
}

// A caller asks a pod's handler by hand: it keeps cookies, sends what headers it
// likes, and goes nowhere by itself.
type caller struct {
	pod     *podServer
	cookies map[string]string
}

func call(p *podServer) *caller { return &caller{p, map[string]string{}} }

// signUp makes an account through the form, and is that person from then on.
func (c *caller) signUp(t *testing.T, name string) *caller {
	t.Helper()
	w := c.post(t, "/sign-up", url.Values{"username": {name}, "email": {name + "@mail.example"}, "password": {demo.Password}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s could not sign up: %d %s", name, w.Code, w.Body)
	}
	return c
}

func (c *caller) get(t *testing.T, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return c.send(t, http.MethodGet, path, "", headers...)
}

// post sends a form as a page of the pod itself would.
func (c *caller) post(t *testing.T, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return c.send(t, http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded",
		"Origin", c.pod.origin, "Sec-Fetch-Site", "same-origin")
}

// crossPost sends a form as a page of another site would.
func (c *caller) crossPost(t *testing.T, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return c.send(t, http.MethodPost, path, form.Encode(), headers...)
}

// send sends a request with headers: name, value, name, value.
func (c *caller) send(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, c.pod.origin+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	c.pod.handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		c.cookies[cookie.Name] = cookie.Value
	}
	return w
}

// onceOnly is what no two answers have in common.
var onceOnly = regexp.MustCompile(`[0-9A-Z]{26}|eyJ[\w.-]+|<updated>[^<]*`) // a feed without posts is as old as its account

// bare is an answer as text, without what differs between any two answers, and
// with the words given taken out.
func bare(w *httptest.ResponseRecorder, without ...string) string {
	var text strings.Builder
	h := w.Header().Clone()
	for _, own := range []string{"Date", "Dpop-Nonce", "Set-Cookie", "Content-Length"} {
		h.Del(own)
	}
	text.WriteString(http.StatusText(w.Code) + "\n")
	_ = h.Write(&text) // never fails
	text.WriteString("\n" + w.Body.String())
	said := text.String()
	for _, word := range without {
		said = strings.ReplaceAll(said, word, "WORD")
	}
	return onceOnly.ReplaceAllString(said, "ONCE")
}
