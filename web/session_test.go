package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
