package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"podmove/internal/blob"
	"podmove/internal/config"
	"podmove/internal/jobs"
	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/internal/pod"
	"podmove/internal/store"
)

// A ground is what all rooms stand on.
type ground struct {
	config config.Config
	origin string // public URL
	log    *slog.Logger
	now    func() time.Time
	store  *store.Store
	blobs  *blob.Dir
	images *pod.Images
	master keys.Master
	box    keys.Box
	rings
	web     *http.Client // to strangers
	photos  *http.Client // to strangers, with time for large bodies
	post    post         // to the account's people
	closers []io.Closer
}

// A podServer is the program as a value.
type podServer struct {
	*ground
	jobs    *jobs.Jobs
	handler http.Handler
	ready   atomic.Bool

	stopping chan struct{} // closed when it stops
}

// openPod opens what the settings name and wires the rooms. Nothing runs yet.
func openPod(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*podServer, error) {
	g, err := openGround(ctx, c, log, now)
	if err != nil {
		return nil, errors.Join(err, g.close())
	}
	p := &podServer{ground: g, stopping: make(chan struct{})}
	r, err := g.rooms()
	if err == nil {
		p.handler, err = p.faces(r)
	}
	if err == nil {
		p.jobs, err = p.work(r)
	}
	if err != nil {
		return nil, errors.Join(err, g.close())
	}
	p.ready.Store(true)
	return p, nil
}

func openGround(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*ground, error) {
	g := &ground{config: c, origin: c.Origin(), log: log, now: now}
	if err := refuseHalf(c.Data); err != nil {
		return g, err
	}
	var err error
	if g.store, err = store.Open(ctx, store.Options{DSN: c.Database, Dir: c.Data, Log: log, Now: now}); err != nil {
		return g, err
	}
	g.closers = append(g.closers, g.store)
	if err = g.checkOrigin(ctx); err != nil {
		return g, err
	}
	if g.blobs, err = blob.OpenDir(photosIn(c.Data), g.now); err != nil {
		return g, err
	}
	g.closers = append(g.closers, g.blobs)
	if g.images, err = pod.NewImages(g.blobs, filepath.Join(c.Data, "sizes")); err != nil {
		return g, err
	}
	g.closers = append(g.closers, g.images)
	g.web = outbound.New(outbound.Options{Development: c.Development()})
	g.photos = outbound.New(outbound.Options{Development: c.Development(), Timeout: 10 * time.Minute, MaxBody: int64(c.MaxPhoto) + outbound.DefaultMaxBody})
	return g, errors.Join(g.openPost(), g.openKeys(ctx))
}

// checkOrigin refuses another public URL than the pod began with: every ID, and
// every link that others keep, is made of it.
func (g *ground) checkOrigin(ctx context.Context) error {
	began, err := g.store.Origin(ctx, g.origin)
	if err == nil && began != g.origin {
		err = fmt.Errorf("this database is that of the pod at %s, and its IDs and links are made of that address, so that it cannot become %s. Nothing was changed: start it with --public-url %s, or give the other pod a database and a data directory of its own", began, g.origin, began)
	}
	return err
}

func (g *ground) openKeys(ctx context.Context) error {
	var err error
	if g.master, err = keys.LoadOrCreateMaster(filepath.Join(g.config.Data, "master.key")); err != nil {
		return fmt.Errorf("the master key: %w", err)
	}
	g.box = g.master.Box()
	g.rings, err = openRings(ctx, vault{g.store, g.box, g.now}, g.master)
	return err
}

// close gives back what was opened, in reverse.
func (g *ground) close() error {
	var errs []error
	for i := len(g.closers) - 1; i >= 0; i-- {
		errs = append(errs, g.closers[i].Close())
	}
	return errors.Join(errs...)
}
