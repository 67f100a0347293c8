package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// knock sends a form from an address, with cookies.
func (h *house) knock(from, target string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":99"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// give sets an account's password.
func (h *house) give(name, password string) {
	h.t.Helper()
	hash, err := h.registry.Passwords.Hash(h.t.Context(), password)
	h.must(err)
	h.must(h.store.SetPassword(h.t.Context(), h.account[name].ID, hash, h.account[name].CreatedAt))
}

// slowed checks the answer to who has tried too much.
func slowed(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || err != nil || wait < 1 {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	wants(t, w.Body.String(), "Too much has failed here of late", "Try again in ")
}

func TestHammering(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.give("aurora", "correct horse")
		owner := url.Values{"username": {" Aurora"}, "password": {"correct horse"}, "next": {"/settings"}}
		guess := url.Values{"username": {"aurora"}, "password": {"a guess"}}
		kept := named(h.knock("192.0.2.7", "/sign-in", owner).Result(), "__Host-device-")
		n := 0
		for ; n < 100; n++ {
			if h.knock(fmt.Sprintf("198.51.100.%d", n), "/sign-in", guess).Code == http.StatusTooManyRequests {
				break
			}
		}
		t.Run("an account from many addresses is slowed, and told so", func(t *testing.T) {
			if n == 100 {
				t.Error("a hundred guesses were looked at")
			}
			slowed(t, h.knock("203.0.113.9", "/sign-in", owner))
		})
		t.Run("the owner gets in from a browser that knows the account", func(t *testing.T) {
			w := h.knock("203.0.113.9", "/sign-in", owner, kept)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings" {
				t.Errorf("%d", w.Code)
			}
		})
		t.Run("sign-up from one address is slowed, and told so", func(t *testing.T) {
			for i := range 10 {
				form := url.Values{"username": {fmt.Sprintf("new%d", i)}, "email": {"new@mail.example"}, "password": {"correct horse"}}
				if w := h.knock("192.0.2.7", "/sign-up", form); w.Code != http.StatusSeeOther {
					t.Fatalf("%d\n%s", w.Code, w.Body)
				}
			}
			slowed(t, h.knock("192.0.2.7", "/sign-up", url.Values{"username": {"more"}, "email": {"new@mail.example"}, "password": {"correct horse"}}))
			if _, err := s.AccountNamed(t.Context(), "more"); !errors.Is(err, pod.ErrNoAccount) {
				t.Errorf("the account is there: %v", err)
			}
		})
	})
}
