package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	tab "podmove/internal/browser"
)

// TestLeaving presses a link on a page that follows a move. The move ends
// before the answer to the link is there.
func TestLeaving(t *testing.T) {
	pressed, ended := make(chan struct{}), make(chan struct{})
	press, end := sync.OnceFunc(func() { close(pressed) }), sync.OnceFunc(func() { close(ended) })
	mux := http.NewServeMux()
	mux.Handle("/static/", http.FileServerFS(static))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang="en"><title>A move</title><link rel="icon" href="/static/icon.svg">
<main><div id="live" data-events="/events" data-refresh="3">Copying</div><a href="/there">Go there</a></main>
<script src="/static/podmove.js"></script></html>`)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		select {
		case <-pressed:
			io.WriteString(w, "event: end\ndata:\n\n")
			w.(http.Flusher).Flush()
			end()
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/there", func(w http.ResponseWriter, r *http.Request) {
		press()
		<-ended
		select {
		case <-r.Context().Done(): // the page was loaded again, and nobody waits for this one
		case <-time.After(time.Second):
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>There</title><link rel=icon href=/static/icon.svg>You are there")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	b := tab.Open(t, tab.View{}, srv.Listener.Addr().String())
	b.Visit(srv.URL)
	b.Click("Go there")
	b.See("You are there")
}
