package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store"
)

// What a pod has keys for (Protocol §1.4; RFC 9449). The secret that codes and
// tokens are made with is kept like a key.
const (
	purposeSign   = "sign"   // as an issuer and source
	purposeClient = "client" // as a client and destination
	purposeDPoP   = "dpop"   // proofs that tokens are held by whom they were given to
	purposeTokens = "tokens"
)

// A vault is where keys rest.
type vault struct {
	store *store.Store
	box   keys.Box
	now   func() time.Time
}

// A ring is the keys of one purpose, as this process last read them. The newest
// active one is used; all are published, and verify. It is safe for concurrent
// use, and asks the database only in refresh: whoever signs may be inside a
// transaction.
type ring struct {
	vault
	purpose string
	held    atomic.Pointer[[]heldKey] // newest first
}

// A heldKey is a key that is unsealed.
type heldKey struct {
	store.SealedKey
	plain []byte
	key   keys.Key // none of the purpose tokens
}

// openRing loads the keys of a purpose, and makes the first one, from first if
// that is given. Two processes that start on an empty database may make one
// each; both are published.
func openRing(ctx context.Context, v vault, purpose string, first []byte) (*ring, error) {
	r := &ring{vault: v, purpose: purpose}
	err := v.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := v.store.Keys(ctx, purpose)
		if err != nil || len(rows) > 0 {
			return err
		}
		made, err := v.forge(purpose, first)
		if err != nil {
			return err
		}
		made.Active = made.Created // nobody knows another one yet
		return v.store.AddKey(ctx, made)
	})
	if err == nil {
		err = r.refresh(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("keys (%s): %w", purpose, err)
	}
	return r, nil
}

// refresh reads the ring again: another process may have made a key.
func (r *ring) refresh(ctx context.Context) error {
	rows, err := r.store.Keys(ctx, r.purpose)
	if err != nil {
		return err
	}
	held := make([]heldKey, len(rows))
	for i, row := range rows {
		if held[i], err = r.unseal(row); err != nil {
			return err
		}
	}
	slices.Reverse(held)
	r.held.Store(&held)
	return nil
}

func (v vault) unseal(row store.SealedKey) (heldKey, error) {
	plain, err := v.box.Open("key/"+row.Purpose, row.Sealed)
	if err != nil {
		return heldKey{}, fmt.Errorf("the master key in the data directory does not fit this database: %w", err)
	}
	held := heldKey{SealedKey: row, plain: plain}
	if row.Purpose != purposeTokens {
		held.key, err = keys.Parse(plain)
	}
	return held, err
}

// current is the key in use: the newest that is active.
func (r *ring) current() heldKey {
	held, now := *r.held.Load(), r.now()
	for _, k := range held {
		if !k.Active.After(now) {
			return k
		}
	}
	return held[len(held)-1] // a clock that went back
}

// key finds a key by its id, however old; what another process has just made is
// looked for in the database.
func (r *ring) key(ctx context.Context, id string) (keys.Key, error) {
	for range 2 {
		for _, k := range *r.held.Load() {
			if k.ID == id {
				return k.key, nil
			}
		}
		if err := r.refresh(ctx); err != nil {
			return keys.Key{}, err
		}
	}
	return keys.Key{}, fmt.Errorf("there is no key %s for the purpose %s", id, r.purpose)
}

// named is key, or the key in use for an empty id.
func (r *ring) named(ctx context.Context, id string) (keys.Key, error) {
	if id == "" {
		return r.current().key, nil
	}
	return r.key(ctx, id)
}

// sign makes a JWS with the key in use.
func (r *ring) sign(typ string, claims any) (string, error) {
	return keys.Sign(r.current().key, typ, claims)
}

// jwks is the published set, newest first: a key stands in it before it is used
// and, when it is not any more, for the overlap (Protocol §1.5).
func (r *ring) jwks() ([]byte, error) {
	var all []keys.Key
	for _, k := range *r.held.Load() {
		all = append(all, k.key)
	}
	return json.Marshal(keys.SetOf(all...))
}

// secrets are those of the purpose tokens. The first one makes tokens; all
// verify, also one that is not used yet, since another process's clock may be
// ahead.
func (r *ring) secrets() [][]byte {
	current := r.current()
	list := [][]byte{current.plain}
	for _, k := range *r.held.Load() {
		if k.ID != current.ID {
			list = append(list, k.plain)
		}
	}
	return list
}

// forge makes a key, or seals what is given as one. It is not stored yet.
func (v vault) forge(purpose string, plain []byte) (store.SealedKey, error) {
	id, plain, err := material(purpose, plain)
	sealed := v.box.Seal("key/"+purpose, plain)
	return store.SealedKey{ID: id, Purpose: purpose, Sealed: sealed, Created: v.now()}, err
}

// material is a new key with its id, or the id of the one given. A secret's id
// is a hash of it, of which too little is told to try guesses on.
func material(purpose string, plain []byte) (string, []byte, error) {
	if purpose == purposeTokens {
		if plain == nil {
			plain = make([]byte, 32)
			rand.Read(plain) // never fails (crypto/rand)
		}
		sum := sha256.Sum256(plain)
		return purposeTokens + "-" + hex.EncodeToString(sum[:8]), plain, nil
	}
	key, err := keys.Generate()
	if err != nil {
		return "", nil, err
	}
	der, err := key.Marshal()
	return key.ID(), der, err
}
