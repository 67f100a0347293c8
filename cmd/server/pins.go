package main

import (
	"context"
	"strings"
	"time"

	"podmove/internal/pins"
	"podmove/redirects"
	"podmove/transfer"
)

// openPins follows the keys of other pods. It speaks with rooms that are opened
// after it.
func (g *ground) openPins(r *rooms) *pins.Service {
	return pins.New(pins.Options{
		Book: g.store,
		Fetch: func(ctx context.Context, peer string) ([]byte, error) {
			if peer == transfer.OriginOf(peer) { // an issuer is a bare origin, a client_id has a path
				return r.relying.Keys(ctx, peer)
			}
			return r.provider.PublishedKeys(ctx, peer)
		},
		Changed: func(ctx context.Context, p pins.Pin) error { return g.keysChanged(ctx, r, p) },
		Now:     g.now,
		Log:     g.log,
	})
}

// keysChanged is what follows when the keys of a pin differ, or do not any more.
func (g *ground) keysChanged(ctx context.Context, r *rooms, p pins.Pin) error {
	switch {
	case p.Kind == pins.Move && p.Differ.IsZero():
		return r.mover.Trust(ctx, p.ID)
	case p.Kind == pins.Move:
		return r.mover.Distrust(ctx, p.ID)
	case p.Differ.IsZero():
		return g.trust(ctx, p)
	}
	if p.Subject == "" {
		return nil // agreed to, and nothing read yet: to agree anew is the way on
	}
	host := hostOf(p.Peer)
	return g.event(ctx, p.Account, p.Subject, "transfer-keys-differ",
		host+" answers with other keys than when you agreed. Perhaps it lost its keys; perhaps somebody else has bought the name. Nothing more is given to it, and nothing that it says is believed, until you confirm on the page of the move that it is the same pod.")
}

// trust goes on with a departure that waited for the keys.
func (g *ground) trust(ctx context.Context, p pins.Pin) error {
	if p.Subject == "" {
		return nil
	}
	err := g.event(ctx, p.Account, p.Subject, "transfer-keys-agree", "The keys of "+hostOf(p.Peer)+" are trusted. What waited for that goes on.")
	if err != nil {
		return err
	}
	return g.store.Enqueue(ctx, redirects.EraseJob{Transfer: p.Subject}, time.Time{})
}

// hostOf is how another pod is called in front of people.
func hostOf(peer string) string {
	_, host, _ := strings.Cut(transfer.OriginOf(peer), "://")
	return host
}
