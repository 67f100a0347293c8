package keys

import (
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json"
)

// MaxMessageBytes bounds a signed message that a stranger sends.
const MaxMessageBytes = 1 << 20

// Sign writes claims as a compact JWS under the key, with "alg" ES256, the
// key's "kid", and the "typ" that keeps one kind of message from being taken for
// another (RFC 8725 §3.11), such as "podmove-manifest+jwt".
func Sign(k Key, typ string, claims any) (string, error) {
	if k.private == nil {
		return "", fmt.Errorf("signing %s: there is no key", typ)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing %s: %w", typ, err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("signing %s: %w", typ, err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing %s: %w", typ, err)
	}
	return signed.CompactSerialize()
}

// Verify checks a compact JWS against a pod's keys and reads its claims. The
// message must be of exactly the type asked for and signed with ES256 by the key
// of the set that its "kid" names; a key that the message itself brings along
// ("jwk", "x5c") is never looked at. Errors: ErrTooLarge, ErrMalformed, ErrType,
// ErrUnknownKey, ErrSignature.
//
// Verify says who signed. Issuer, audience, times and "jti" are the caller's to
// compare.
func Verify(message, typ string, set Set, claims any) error {
	signed, err := parse(message)
	if err != nil {
		return err
	}
	header := signed.Signatures[0].Protected
	// RFC 8725 §3.11: explicit typing, compared exactly.
	if got, _ := header.ExtraHeaders[jose.HeaderType].(string); got != typ {
		return fmt.Errorf("%w: it is %q and not %q", ErrType, got, typ)
	}
	candidates := set.named(header.KeyID)
	if len(candidates) == 0 {
		return fmt.Errorf("%w: %q", ErrUnknownKey, header.KeyID)
	}
	for _, key := range candidates {
		if payload, err := signed.Verify(key); err == nil {
			return decode(payload, claims)
		}
	}
	return ErrSignature
}

// Peek reads the claims of a compact JWS without checking who signed it. It is
// only for finding out whose keys to ask for; Verify must follow before anything
// it says is believed.
func Peek(message string, claims any) error {
	signed, err := parse(message)
	if err != nil {
		return err
	}
	return decode(signed.UnsafePayloadWithoutVerification(), claims)
}

// parse takes the compact form only. RFC 8725 §3.1: the algorithm is ours to
// choose, never the message's.
func parse(message string) (*jose.JSONWebSignature, error) {
	if len(message) > MaxMessageBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxMessageBytes)
	}
	signed, err := jose.ParseSignedCompact(message, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return signed, nil
}

// decode reads one JSON value: names are compared with their case, a name that
// stands twice and anything after the value are errors. Members that claims does
// not have are passed over (RFC 7519 §4).
func decode(payload []byte, claims any) error {
	if err := strict.Unmarshal(payload, claims); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}
