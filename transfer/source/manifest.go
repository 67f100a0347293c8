package source

import (
	"context"
	"crypto/rand"

	"podmove/oauth"
	"podmove/transfer"
)

// Manifest says what the account amounts to as of now.
func (s *Service) Manifest(ctx context.Context, g oauth.Grant, id string) (transfer.Manifest, error) {
	t, err := s.readable(ctx, g, id)
	if err != nil {
		return transfer.Manifest{}, err
	}
	return s.manifest(ctx, t)
}

func (s *Service) manifest(ctx context.Context, t Transfer) (transfer.Manifest, error) {
	asOf, _, err := s.Records.Mark(ctx, t.Account) // first: a change from here on is found out at Complete
	if err != nil {
		return transfer.Manifest{}, err
	}
	m := transfer.Manifest{
		Envelope: s.envelope(t), AsOf: asOf, Format: transfer.Format,
		Since: spelled(t.Since), Until: spelled(t.Until), Unsendable: make(map[string]int64),
	}
	for _, c := range t.Collections {
		tally, unsendable, err := s.tally(ctx, t, c)
		if err != nil {
			return m, err
		}
		m.Tallies = append(m.Tallies, tally)
		if unsendable > 0 {
			m.Unsendable[string(c)] = unsendable
		}
	}
	return m, nil
}

// SignedManifest is the manifest as it travels, a compact JWS.
func (s *Service) SignedManifest(ctx context.Context, g oauth.Grant, id string) (string, error) {
	m, err := s.Manifest(ctx, g, id)
	if err != nil {
		return "", err
	}
	return s.Sign(transfer.TypManifest, m)
}

// tally sums up a collection, and counts what of it cannot be sent.
func (s *Service) tally(ctx context.Context, t Transfer, c transfer.Collection) (transfer.Tally, int64, error) {
	all, err := s.Records.Measure(ctx, t.Scope(), c)
	if err != nil {
		return transfer.Tally{}, 0, err
	}
	sum := transfer.NewTallier(c)
	if err := s.Records.Digests(ctx, t.Scope(), c, sum.Add); err != nil {
		return transfer.Tally{}, 0, err
	}
	tally := sum.Tally()
	return tally, max(0, all.Count-tally.Count), nil
}

func (s *Service) envelope(t Transfer) transfer.Envelope {
	return transfer.Envelope{
		Issuer: s.Origin, Audience: t.audience(), Transfer: t.ID, Nonce: t.Nonce,
		IssuedAt: s.now().Unix(), ID: rand.Text(),
	}
}
