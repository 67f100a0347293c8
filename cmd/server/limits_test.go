package main

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"podmove/internal/config"
)

// few leaves a budget of sixty, which is the least, and of one to sign up.
func few(c *config.Config) {
	c.LimitAll, c.LimitPeer, c.LimitStranger, c.LimitVisitor, c.LimitAccount = 0, 600, 60, 60, 60
	c.TrustedProxies = []string{"192.0.2.1"} // httptest's
}

// TestBudgets: who asks for more than an address has is told to come back, in
// the form that the face speaks, and nobody else is.
func TestBudgets(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, accept, kind, says string
		budget                           int
	}{
		"of tokens":                 {"POST", "/oauth/token", "", "application/json", `"error":"temporarily_unavailable"`, 60},
		"of pushed requests":        {"POST", "/oauth/par", "", "application/json", `"error":"temporarily_unavailable"`, 60},
		"of registrations":          {"POST", "/oauth/register", "", "application/json", `"error":"temporarily_unavailable"`, 60},
		"of introspections":         {"POST", "/oauth/introspect", "", "application/json", `"error":"temporarily_unavailable"`, 60},
		"of revocations":            {"POST", "/oauth/revoke", "", "application/json", `"error":"temporarily_unavailable"`, 60},
		"of requests for consent":   {"GET", "/oauth/authorize", "", "text/html; charset=utf-8", "Not so fast", 60},
		"of WebFinger":              {"GET", "/.well-known/webfinger?resource=x", "", "application/problem+json", `"urn:podmove:problem:rate-limited"`, 60},
		"of holdings":               {"POST", "/transfer/v1/holdings", "", "application/problem+json", `"rate-limited"`, 60},
		"of notices":                {"POST", "/transfer/v1/notices", "", "application/problem+json", `"rate-limited"`, 60},
		"of the transfer API":       {"GET", "/transfer/v1", "", "application/problem+json", `"rate-limited"`, 600},
		"of signing in":             {"POST", "/sign-in", "", "text/html; charset=utf-8", "Too much has failed", 20},
		"of signing up":             {"POST", "/sign-up", "", "text/html; charset=utf-8", "Not so fast", 1},
		"of asking other pods":      {"POST", "/move", "", "text/html; charset=utf-8", "Not so fast", 60},
		"of pages":                  {"GET", "/u/aurora", "", "text/html; charset=utf-8", "Not so fast", 60},
		"of pages as JSON":          {"GET", "/u/aurora.json", "", "application/problem+json", `"rate-limited"`, 60},
		"of pages as JSON, unnamed": {"GET", "/u/aurora", "application/json", "application/problem+json", `"rate-limited"`, 60},
		"of photos":                 {"GET", "/uploads/images/0123456789abcdef.png", "", "text/html; charset=utf-8", "Not so fast", 60},
	} {
		t.Run(name, func(t *testing.T) {
			v := newWholePod(t, few)
			v.cookie = nil
			ask := func(from string) *httptest.ResponseRecorder {
				var form url.Values
				if c.method == http.MethodPost {
					form = url.Values{"username": {rand.Text()}} // an account has a budget of its own
				}
				r := v.request(c.method, c.path, c.accept, form)
				r.Header.Set("X-Forwarded-For", from)
				return v.answer(r)
			}
			for i := range c.budget {
				if w := ask("198.51.100.1"); w.Code == http.StatusTooManyRequests {
					t.Fatalf("refused after %d", i)
				}
			}
			w := ask("198.51.100.1")
			for i := 0; i < 10 && w.Code != http.StatusTooManyRequests; i++ { // a second gives one back, and passwords are slow
				w = ask("198.51.100.1")
			}
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Content-Type") != c.kind || !strings.Contains(w.Body.String(), c.says) {
				t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
			}
			if after, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || after < 1 || after > 60 {
				t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
			}
			checkHeaders(t, c.method, "", false, w)
			if w := ask("198.51.100.2"); w.Code == http.StatusTooManyRequests {
				t.Error("another address is refused, too")
			}
		})
	}
}

// TestBudgetIsNotForged: an address that is no trusted proxy is itself, whatever
// it says; and a household has one budget.
func TestBudgetIsNotForged(t *testing.T) {
	for name, c := range map[string]struct {
		trusted []string
		from    func(i int) string
	}{
		"by X-Forwarded-For of nobody that is trusted": {nil, func(i int) string { return "198.51.100." + strconv.Itoa(i) }},
		"by what was sent to the proxy":                {[]string{"192.0.2.1"}, func(i int) string { return strconv.Itoa(i) + ".1.1.1, 198.51.100.1" }},
		"by another address of one IPv6 network":       {[]string{"192.0.2.1"}, func(i int) string { return "2001:db8:1:2::" + strconv.FormatInt(int64(i), 16) }},
	} {
		t.Run(name, func(t *testing.T) {
			v := newWholePod(t, few, func(set *config.Config) { set.TrustedProxies = c.trusted })
			v.cookie = nil
			refused := false
			for i := range 61 {
				r := v.request(http.MethodGet, "/sign-in", "", nil)
				r.Header.Set("X-Forwarded-For", c.from(i+1))
				refused = v.answer(r).Code == http.StatusTooManyRequests
			}
			if !refused {
				t.Error("the address had a new budget")
			}
		})
	}
}

// TestBudgetOfAll: together all have one budget; a proxy's questions whether the
// pod is well are not counted, and who is refused alone takes nothing from it.
func TestBudgetOfAll(t *testing.T) {
	v := newWholePod(t, few, func(c *config.Config) { c.LimitAll = 180 })
	v.cookie = nil
	ask := func(path, from string) int {
		r := v.request(http.MethodGet, path, "", nil)
		r.Header.Set("X-Forwarded-For", from)
		return v.answer(r).Code
	}
	for range 300 { // takes sixty
		ask("/sign-in", "198.51.100.9")
	}
	for i := range 118 { // one signed up
		if code := ask("/sign-in", "198.51.100."+strconv.Itoa(i%2)); code != http.StatusOK {
			t.Fatalf("%d of others: %d", i, code)
		}
	}
	refused := false
	for i := 0; i < 20 && !refused; i++ { // a second gives three back
		refused = ask("/sign-in", "198.51.101."+strconv.Itoa(i)) == http.StatusTooManyRequests
	}
	if !refused {
		t.Error("all together have no budget")
	}
	if code := ask("/healthz", "198.51.100.4"); code != http.StatusOK {
		t.Errorf("/healthz: %d", code)
	}
}

// TestBudgetOfAnAccount: wherever it is signed in.
func TestBudgetOfAnAccount(t *testing.T) {
	v := newWholePod(t, few)
	ask := func(from string) *httptest.ResponseRecorder {
		r := v.request(http.MethodGet, "/settings", "", nil)
		r.Header.Set("X-Forwarded-For", from)
		return v.answer(r)
	}
	for i := range 60 {
		if w := ask("198.51.100." + strconv.Itoa(i)); w.Code != http.StatusOK {
			t.Fatalf("%d: %d", i, w.Code)
		}
	}
	w := ask("198.51.100.99")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Not so fast") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
