package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/config"
)

// TestLegible asks for names that PostgreSQL cannot be asked for.
func TestLegible(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p := newQuickPod(t, dialect)
		c := config.Default()
		c.Data, c.Database, c.PublicURL = p.dir, p.database, "http://127.0.0.1:4001"
		pod, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pod.close() })
		ask := func(address string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			pod.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
			return w
		}
		for _, format := range []string{
			"/people/{}", "/people/{}.json", "/u/{}", "/u/{}.json", "/posts/0123456789abcdef{}", "/posts/0123456789abcdef{}.json",
			"/public/{}.atom", "/uploads/images/{}.png", "/.well-known/webfinger?resource=acct:{}@127.0.0.1:4001",
		} {
			t.Run("answers "+format+" as if nothing were there, whatever the name", func(t *testing.T) {
				want := ask(strings.ReplaceAll(format, "{}", "nobody"))
				for _, name := range []string{"%00", "a%00b", "%ff"} {
					got := ask(strings.ReplaceAll(format, "{}", name))
					if got.Code != http.StatusNotFound || got.Body.String() != want.Body.String() {
						t.Errorf("%s: %d %.200s", name, got.Code, got.Body)
					}
				}
			})
		}
		t.Run("spares what can be used once from those who only look", func(t *testing.T) {
			for _, address := range []string{"/oauth/authorize?request_uri=x", "/oauth/callback?code=x"} {
				w := httptest.NewRecorder()
				pod.handler.ServeHTTP(w, httptest.NewRequest(http.MethodHead, address, nil))
				if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodGet {
					t.Errorf("%s: %d %v", address, w.Code, w.Header())
				}
			}
		})
		t.Run("lets nobody in under such a name", func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(url.Values{"username": {"a\x00"}, "password": {"p"}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			if pod.handler.ServeHTTP(w, r); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%d", w.Code)
			}
		})
	})
}
