package main

import (
	"context"
	"errors"

	"podmove/internal/keys"
)

// rings are all keys of a pod.
type rings struct {
	signing *ring // as issuer and source
	client  *ring // as client and destination
	dpop    *ring
	tokens  *ring
}

// openRings opens the ring of each purpose. The first secret of tokens is the
// one that they were made with when it could not be rotated yet.
func openRings(ctx context.Context, v vault, master keys.Master) (r rings, err error) {
	for _, one := range []struct {
		ring    **ring
		purpose string
		first   []byte
	}{
		{&r.signing, purposeSign, nil}, {&r.client, purposeClient, nil},
		{&r.dpop, purposeDPoP, nil}, {&r.tokens, purposeTokens, master.Derive("oauth tokens")},
	} {
		if *one.ring, err = openRing(ctx, v, one.purpose, one.first); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r rings) everyRing() []*ring { return []*ring{r.signing, r.client, r.dpop, r.tokens} }

// readKeys reads all rings again.
func (r rings) readKeys(ctx context.Context) error {
	var errs []error
	for _, one := range r.everyRing() {
		errs = append(errs, one.refresh(ctx))
	}
	return errors.Join(errs...)
}
