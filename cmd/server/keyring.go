package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"podmove/internal/audit"
	"podmove/internal/keys"
	"podmove/internal/store"
)

// What a pod signs with: as an issuer and source, and as a client and
// destination (Protocol §1.4).
const (
	purposeSign   = "sign"
	purposeClient = "client"
	purposeProofs = "proofs" // of possession (RFC 9449); not published
)

// A ring is the keys of one purpose: the newest signs, all are published.
type ring struct {
	current keys.Key
	public  keys.Set
}

// openRing loads the keys of a purpose, and makes the first one. Two processes
// that start on an empty database may make one each; both are published.
func openRing(ctx context.Context, s *store.Store, box keys.Box, purpose string, now time.Time) (ring, error) {
	var all []keys.Key
	err := s.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.Keys(ctx, purpose)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			key, err := addKey(ctx, s, box, purpose, now)
			all = []keys.Key{key}
			return err
		}
		all, err = unseal(rows, box)
		return err
	})
	if err != nil {
		return ring{}, fmt.Errorf("signing keys (%s): %w", purpose, err)
	}
	return ring{all[len(all)-1], keys.SetOf(all...)}, nil
}

func addKey(ctx context.Context, s *store.Store, box keys.Box, purpose string, now time.Time) (keys.Key, error) {
	key, err := keys.Generate()
	if err != nil {
		return keys.Key{}, err
	}
	der, err := key.Marshal()
	if err != nil {
		return keys.Key{}, err
	}
	sealed := box.Seal("key/"+purpose, der)
	if err := s.AddKey(ctx, store.SealedKey{ID: key.ID(), Purpose: purpose, Sealed: sealed, Created: now}); err != nil {
		return keys.Key{}, err
	}
	return key, s.Audit(ctx, audit.Record{Kind: audit.KeyAdded, Subject: key.ID(), Detail: map[string]any{"purpose": purpose}})
}

func unseal(rows []store.SealedKey, box keys.Box) ([]keys.Key, error) {
	var all []keys.Key
	for _, row := range rows {
		der, err := box.Open("key/"+row.Purpose, row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("the master key in the data directory does not fit this database: %w", err)
		}
		key, err := keys.Parse(der)
		if err != nil {
			return nil, err
		}
		all = append(all, key)
	}
	return all, nil
}

// sign makes a JWS with the newest key.
func (r ring) sign(typ string, claims any) (string, error) { return keys.Sign(r.current, typ, claims) }

// jwks is the published set.
func (r ring) jwks() ([]byte, error) { return json.Marshal(r.public) }

// verify checks a JWS against another pod's key set.
func verify(message, typ string, jwks []byte, claims any) error {
	set, err := keys.ParseSet(jwks)
	if err != nil {
		return err
	}
	return keys.Verify(message, typ, set, claims)
}
