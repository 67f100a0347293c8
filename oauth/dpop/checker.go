package dpop

import (
	"context"
	"crypto"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json"

	"podmove/oauth"
)

// Bounds on a proof that a stranger sends.
const (
	maxProof = 4 << 10 // bytes
	maxID    = 256
	// The nonce says how old a proof is; its own clock may be some minutes off
	// (RFC 9449 §11.1).
	maxSkew = 10 * time.Minute
)

// A Checker checks the proofs at endpoints of one role. It is safe for
// concurrent use.
type Checker struct {
	// Origin is the pod's public URL, without a slash at the end. What a proof
	// is for is compared with it, never with what the request says of its host.
	Origin string
	// Secret is 32 bytes, the same for all replicas; Role names what is checked
	// here, and keeps its nonces from being taken elsewhere.
	Secret []byte
	Role   string
	// Once notes that something was used, and reports whether it was new, for
	// all replicas. It may forget after the time given.
	Once func(ctx context.Context, id string, until time.Time) (fresh bool, err error)
	Now  func() time.Time
}

var _ oauth.Proofs = (*Checker)(nil)

// Nonce is the nonce to use in the next proof.
func (c *Checker) Nonce() string { return c.nonces().issue() }

// Algorithms is oauth.Proofs'.
func (c *Checker) Algorithms() []string { return Algorithms() }

func (c *Checker) nonces() nonces { return nonces{c.Secret, c.Role, c.Now} }

// Check checks the proof of a request (RFC 9449 §4.3) and answers the RFC 7638
// thumbprint of the key that made it. The token is the access token that came
// with it, or empty. Errors: oauth.ErrNonce if only the nonce is missing or old,
// else those that wrap oauth.ErrProof, or the database's.
func (c *Checker) Check(r *http.Request, token string) (string, error) {
	p, key, err := parse(r.Header.Values(Header))
	if err != nil {
		return "", wrong(err.Error())
	}
	if what := c.mismatch(p, r, token); what != "" {
		return "", wrong(what)
	}
	if !c.nonces().fresh(p.Nonce) { // RFC 9449 §8, §9
		return "", oauth.ErrNonce
	}
	thumbprint, err := thumbprint(key)
	if err != nil {
		return "", wrong(err.Error())
	}
	// The last step: only a proof that is right in all else is used up. The jti
	// is the key's own name space, so that nobody can use up another's.
	fresh, err := c.Once(r.Context(), thumbprint+"\x00"+p.ID, c.Now().Add(nonceLife+nonceStep))
	if err == nil && !fresh {
		err = wrong("it was used before") // RFC 9449 §11.1
	}
	return thumbprint, err
}

func wrong(what string) error { return fmt.Errorf("%w: %s", oauth.ErrProof, what) }

// parse reads a proof and checks that the key in it signed it.
func parse(headers []string) (claims, *jose.JSONWebKey, error) {
	if len(headers) != 1 || len(headers[0]) > maxProof {
		return claims{}, nil, fmt.Errorf("there must be one, of %d bytes at most", maxProof)
	}
	signed, err := jose.ParseSignedCompact(headers[0], algorithms)
	if err != nil {
		return claims{}, nil, fmt.Errorf("it is no JWT signed with one of %v", algorithms)
	}
	header := signed.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	key := header.JSONWebKey
	switch {
	case typ != proofType:
		return claims{}, nil, fmt.Errorf("its typ is not %s", proofType)
	case key == nil || !key.IsPublic() || !key.Valid():
		return claims{}, nil, fmt.Errorf("it holds no public key")
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return claims{}, nil, fmt.Errorf("the key in it did not sign it")
	}
	var p claims
	if err := strict.Unmarshal(payload, &p); err != nil {
		return claims{}, nil, fmt.Errorf("its claims cannot be read")
	}
	return p, key, nil
}

// mismatch says what about a proof is not of this request, or nothing.
func (c *Checker) mismatch(p claims, r *http.Request, token string) string {
	skew := c.Now().Sub(time.Unix(int64(min(max(p.IssuedAt, 0), 1<<40)), 0))
	switch {
	case p.ID == "" || len(p.ID) > maxID:
		return "it has no jti"
	case p.Method != r.Method:
		return "htm is another method"
	case !sameTarget(p.Target, c.Origin, r.URL):
		return "htu is another address"
	case skew > maxSkew || skew < -maxSkew:
		return "iat is not now"
	case token != "" && p.Token != tokenHash(token):
		return "ath is another token's"
	default:
		return ""
	}
}

func thumbprint(key *jose.JSONWebKey) (string, error) {
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}
