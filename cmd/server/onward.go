package main

import (
	"context"

	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/redirects"
	"podmove/transfer"
)

// maxProfile bounds another pod's public profile, in bytes.
const maxProfile = 64 << 10

func (g *ground) accountID(ctx context.Context, account int64) (string, error) {
	a, err := g.store.Account(ctx, account)
	return g.id(a), err
}

// known are the IDs of an account, the one here first (Protocol §6.5).
func (g *ground) known(ctx context.Context, account int64) ([]string, error) {
	id, err := g.accountID(ctx, account)
	if err != nil {
		return nil, err
	}
	earlier, err := g.store.EarlierIDs(ctx, account)
	return append([]string{id}, earlier...), err
}

// issuerOf asks an ID for its pod.
func (g *ground) issuerOf(party *relying.Party) func(ctx context.Context, id string) (string, error) {
	return func(ctx context.Context, id string) (string, error) {
		peer, err := party.Resolve(ctx, id)
		return peer.Issuer, err
	}
}

// profile reads a public profile at another pod.
func (g *ground) profile(ctx context.Context, address string) (redirects.Profile, error) {
	var said struct {
		ID          string   `json:"diaspora_id"`
		AlsoKnownAs []string `json:"also_known_as"`
	}
	if err := outbound.JSON(ctx, g.web, address+".json", maxProfile, &said); err != nil {
		return redirects.Profile{}, transfer.Errorf(transfer.PodUnreachable, "the profile at %.200q cannot be read", address).Because(err)
	}
	return redirects.Profile{Account: said.ID, Before: said.AlsoKnownAs}, nil
}
