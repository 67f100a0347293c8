package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/net/netutil"

	"podmove/internal/config"
)

// maxConnections is how many are open at once; others wait to be accepted.
const maxConnections = 8192

// drain is how long requests and jobs at work may take to finish after SIGTERM.
const drain = 9 * time.Second

type serveCommand struct {
	config.Config
	File kong.ConfigFlag `name:"config" placeholder:"FILE" help:"File of settings."`
}

// Run serves until the context ends.
func (c serveCommand) Run(ctx context.Context, s surroundings) error {
	log := newLog(s.err, c.Config)
	p, err := openPod(ctx, c.Config, log, s.now)
	if err != nil {
		return err
	}
	defer p.close()
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	p.announce(listener.Addr())
	return p.serve(ctx, listener, maxConnections)
}

// announce says where the pod is, and loudly if it trusts loopback peers.
func (p *podServer) announce(at net.Addr) {
	p.log.Info("serving", "public-url", p.config.PublicURL, "listen", at.String())
	if p.config.Development() {
		p.log.Warn("THIS POD IS IN DEVELOPMENT: its public URL is http on a loopback address, so it accepts pods and clients on loopback without TLS. Never run it like this for people.")
	}
}

// serve answers requests and works jobs until the context ends; then it
// finishes what is under way, for ten seconds at most.
func (p *podServer) serve(ctx context.Context, listener net.Listener, connections int) error {
	if err := p.jobs.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := p.server(slowest)
	listener = netutil.LimitListener(listener, connections)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return errors.Join(err, p.jobs.Stop(context.WithoutCancel(ctx)))
	case <-ctx.Done():
	}
	p.log.Info("stopping: finishing what is under way")
	return p.stop(context.WithoutCancel(ctx), server)
}

// server has no bound for a whole request or answer, which a photo over a slow
// line would meet; the pace bounds each piece instead.
func (p *podServer) server(slow pace) *http.Server {
	return &http.Server{
		Handler:           slow.around(p.dated(p.handler)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

// dated says what time it is here (RFC 9110 §6.6.1), by the pod's one clock: other
// pods compare it with theirs.
func (p *podServer) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", p.now().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// stop does not fail over a request that did not end in time: a stranger who
// sends slowly would turn every stop into a failure.
func (p *podServer) stop(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	p.ready.Store(false)
	close(p.stopping)
	jobsDone := make(chan error, 1)
	go func() { jobsDone <- p.jobs.Stop(ctx) }()
	if err := server.Shutdown(ctx); err != nil {
		p.log.Warn("some requests were cut off", "error", errors.Join(err, server.Close()))
	}
	return <-jobsDone
}
