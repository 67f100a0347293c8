package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json"
)

// Bounds on a key set that a stranger publishes.
const (
	MaxSetBytes = 64 << 10
	MaxSetKeys  = 20
)

// Set is the public keys of one pod, newest first. It holds P-256 keys for
// signing only, and marshals to a JWKS document (RFC 7517 §5).
type Set struct {
	keys []publicKey
}

type publicKey struct {
	id         string // the "kid" as published
	thumbprint string // RFC 7638
	key        *ecdsa.PublicKey
}

// SetOf is the set of the keys' public halves, in the order given.
func SetOf(keys ...Key) Set {
	var s Set
	for _, k := range keys {
		if k.private == nil {
			continue
		}
		s.keys = append(s.keys, publicKey{id: k.id, thumbprint: k.id, key: &k.private.PublicKey})
	}
	return s
}

// ParseSet reads the JWKS document of another pod. Keys of other kinds are
// passed over, as RFC 7517 §5 asks; a document that is larger than MaxSetBytes,
// holds more than MaxSetKeys keys, publishes a private key, or has no ES256 key
// is ErrSet.
func ParseSet(data []byte) (Set, error) {
	if len(data) > MaxSetBytes {
		return Set{}, fmt.Errorf("%w: it is larger than %d bytes", ErrSet, MaxSetBytes)
	}
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := strict.Unmarshal(data, &document); err != nil {
		return Set{}, fmt.Errorf("%w: %w", ErrSet, err)
	}
	if len(document.Keys) > MaxSetKeys {
		return Set{}, fmt.Errorf("%w: it holds more than %d keys", ErrSet, MaxSetKeys)
	}
	var s Set
	for _, raw := range document.Keys {
		if err := s.take(raw); err != nil {
			return Set{}, err
		}
	}
	if len(s.keys) == 0 {
		return Set{}, fmt.Errorf("%w: it has no ES256 key", ErrSet)
	}
	return s, nil
}

// take adds one published key if it is of use here.
func (s *Set) take(raw json.RawMessage) error {
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(raw); err != nil {
		return nil // a kind of key that we do not speak
	}
	if _, private := jwk.Key.(*ecdsa.PrivateKey); private {
		return fmt.Errorf("%w: it publishes a private key", ErrSet)
	}
	public, ok := jwk.Key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || !forSigning(jwk) {
		return nil
	}
	print, err := thumbprint(public)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSet, err)
	}
	id := jwk.KeyID
	if id == "" {
		id = print
	}
	s.keys = append(s.keys, publicKey{id: id, thumbprint: print, key: public})
	return nil
}

// forSigning: RFC 7517 §4.2 and §4.4; both members are optional.
func forSigning(k jose.JSONWebKey) bool {
	return (k.Use == "" || k.Use == "sig") && (k.Algorithm == "" || k.Algorithm == string(jose.ES256))
}

// MarshalJSON writes the JWKS document {"keys":[…]}.
func (s Set) MarshalJSON() ([]byte, error) {
	document := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range s.keys {
		document.Keys = append(document.Keys, jose.JSONWebKey{
			Key: k.key, KeyID: k.id, Algorithm: string(jose.ES256), Use: "sig",
		})
	}
	return json.Marshal(document)
}

// UnmarshalJSON is ParseSet, for documents that hold a set inline.
func (s *Set) UnmarshalJSON(data []byte) error {
	parsed, err := ParseSet(data)
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// Len is how many usable keys the set holds.
func (s Set) Len() int { return len(s.keys) }

// Thumbprints are the RFC 7638 thumbprints of the set's keys, sorted. They name
// the keys themselves, whatever "kid" each is published under.
func (s Set) Thumbprints() []string {
	prints := make([]string, 0, len(s.keys))
	for _, k := range s.keys {
		prints = append(prints, k.thumbprint)
	}
	slices.Sort(prints)
	return slices.Compact(prints)
}

// Shares says whether two sets have a key in common. Protocol §1.5: a set that
// shares none with the pinned one may belong to someone who bought the domain.
func Shares(a, b Set) bool {
	pinned := a.Thumbprints()
	return slices.ContainsFunc(b.Thumbprints(), func(print string) bool {
		return slices.Contains(pinned, print)
	})
}

// named gives the keys published under one "kid".
func (s Set) named(id string) []*ecdsa.PublicKey {
	var found []*ecdsa.PublicKey
	for _, k := range s.keys {
		if k.id == id {
			found = append(found, k.key)
		}
	}
	return found
}
