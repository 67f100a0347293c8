package main

import (
	"context"
	"net/url"

	"podmove/oauth/relying"
	"podmove/transfer/destination"
)

// login lets the relying side and the destination speak of the same things
// without knowing each other.
type login struct{ party *relying.Party }

var _ destination.Login = login{}

// Begin is destination.Login.
func (l login) Begin(ctx context.Context, a destination.Ask) (destination.Started, error) {
	started, err := l.party.Begin(ctx, relying.Ask(a))
	return destination.Started(started), err
}

// Finish is destination.Login.
func (l login) Finish(ctx context.Context, answer url.Values, secret []byte) (destination.Granted, error) {
	granted, err := l.party.Finish(ctx, answer, secret)
	return destination.Granted(granted), err
}

// Revoke is destination.Login.
func (l login) Revoke(ctx context.Context, tokens []byte) error { return l.party.Revoke(ctx, tokens) }
