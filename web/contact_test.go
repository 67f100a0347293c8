package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
)

func TestContact(t *testing.T) {
	for contact, want := range map[string]string{
		"podmin@pod.example":          `<a href="mailto:podmin@pod.example">podmin@pod.example</a>`,
		"https://pod.example/contact": `<a href="https://pod.example/contact">https://pod.example/contact</a>`,
		"":                            "",
	} {
		t.Run("stands below each page, also where nothing is: "+contact, func(t *testing.T) {
			r := newRooms()
			s, err := NewSite(Options{
				Origin: houseOrigin, Contact: contact, Accounts: r, Log: slog.New(slog.DiscardHandler),
				Sessions: pod.NewSessions(pod.SessionOptions{Origin: houseOrigin, Rows: r, Now: time.Now, Log: slog.New(slog.DiscardHandler)}),
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, target := range []string{"/sign-in", "/nowhere"} {
				w := httptest.NewRecorder()
				New(s, Doors{Site: s}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
				body := w.Body.String()
				if !strings.Contains(body, want) || contact == "" && strings.Contains(body, "who run it") {
					t.Errorf("%s: %s", target, body)
				}
			}
		})
	}
}
