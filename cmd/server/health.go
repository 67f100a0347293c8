package main

import (
	"context"
	"io"
	"net/http"
	"time"
)

// healthz says that the process is alive; nothing else is asked.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") // the caller may be gone
}

// readyz says whether requests can be answered: the database is there and the
// pod is not stopping.
func (p *podServer) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := p.store.Ping(ctx); err != nil || !p.ready.Load() {
		w.Header().Set("Retry-After", "5") // Protocol §8
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "not ready\n")
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}
