package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"podmove/oauth/relying"
)

// How keys follow one another.
const (
	// ringAge is how old what a process knows of its rings may be.
	ringAge = 30 * time.Second
	// spread is how long before its first use a key is there at least: by then
	// every process of the pod has read it, and none meets what it cannot verify.
	spread = 2 * ringAge
	// publishAhead is the same for keys that others look up: what they fetched
	// may be five minutes old, from a process that had read the ring before.
	publishAhead = 10 * time.Minute
	// overlap is how long a key is published, and verifies, after its last use
	// (Protocol §1.5). No refresh token lies idle for longer.
	overlap = 30 * 24 * time.Hour
	// mostKeys bounds a ring: a client metadata document has 5 KB.
	mostKeys = 8
)

// lead is how long before its first use a new key of this ring is made.
func (r *ring) lead() time.Duration {
	if r.purpose == purposeSign || r.purpose == purposeClient {
		return publishAhead
	}
	return spread
}

// rotate makes the next key, to be used after the lead. Of several processes
// that do so at once one wins; the others find its key.
func (r *ring) rotate(ctx context.Context, lead time.Duration) (won bool, err error) {
	if len(*r.held.Load()) >= mostKeys && r.purpose != purposeDPoP {
		return false, fmt.Errorf("there are %d keys, and other pods read no longer list; the oldest goes 30 days after its last use. Nothing was changed", mostKeys)
	}
	var inUse []string
	for _, k := range *r.held.Load() {
		if k.Retired.IsZero() {
			inUse = append(inUse, k.ID)
		}
	}
	next, err := r.forge(r.purpose, nil)
	if err != nil {
		return false, err
	}
	next.Active = next.Created.Add(lead)
	won, err = r.store.RotateKeys(ctx, inUse, next)
	return won, errors.Join(err, r.refresh(ctx))
}

// turn rotates the ring if its newest key is of age, and drops what nobody
// needs any more: what retired before the overlap and is not kept.
func (r *ring) turn(ctx context.Context, age time.Duration, kept map[string]bool, log *slog.Logger) error {
	if err := r.refresh(ctx); err != nil {
		return err
	}
	if newest := (*r.held.Load())[0]; !r.now().Before(newest.Created.Add(age)) {
		won, err := r.rotate(ctx, r.lead())
		if err != nil {
			return err
		}
		if won {
			log.InfoContext(ctx, "made a new key, since the last one is of age", "purpose", r.purpose, "key", (*r.held.Load())[0].ID)
		}
	}
	for _, k := range *r.held.Load() {
		if k.Retired.IsZero() || r.now().Before(k.Retired.Add(overlap)) || kept[k.ID] {
			continue
		}
		if err := r.store.DropKey(ctx, k.ID); err != nil {
			return err
		}
		log.InfoContext(ctx, "dropped an old key", "purpose", r.purpose, "key", k.ID)
	}
	return r.refresh(ctx)
}

// turnKeys is turn for all rings. A token is bound to the key that it was asked
// for with (RFC 9449 §5), so that key stays as long as a move holds the token.
func (p *podServer) turnKeys(ctx context.Context, r rooms) error {
	bound := map[string]bool{}
	err := r.mover.EachTokens(ctx, func(tokens []byte) { bound[relying.KeyOf(tokens)] = true })
	for _, one := range p.everyRing() {
		if one == p.dpop && err != nil {
			continue // what is not known to be free is kept
		}
		err = errors.Join(err, one.turn(ctx, p.config.KeyRotation.Std(), bound, p.log))
	}
	return err
}
