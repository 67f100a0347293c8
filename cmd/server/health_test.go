package main

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"podmove/internal/config"
)

func TestHealth(t *testing.T) {
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), "http://127.0.0.1:4001"
	p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	answers := func(healthz, readyz int) {
		t.Helper()
		for path, want := range map[string]int{"/healthz": healthz, "/readyz": readyz} {
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != want {
				t.Errorf("%s answers %d, want %d", path, w.Code, want)
			}
			if (want == 503) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("%s answers %d and Retry-After %q", path, w.Code, w.Header().Get("Retry-After"))
			}
		}
	}
	t.Run("is alive and ready", func(*testing.T) { answers(200, 200) })
	t.Run("is alive and not ready while it stops", func(*testing.T) {
		p.ready.Store(false)
		answers(200, 503)
		p.ready.Store(true)
	})
	t.Run("is alive and not ready without a database", func(t *testing.T) {
		if err := p.close(); err != nil {
			t.Error(err)
		}
		answers(200, 503)
	})
}
