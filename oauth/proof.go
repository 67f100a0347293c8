package oauth

import (
	"errors"
	"net/http"
	"strings"
)

// What can be wrong with a proof of possession (RFC 9449). Match them with
// errors.Is.
var (
	// ErrProof: it is missing or wrong: invalid_dpop_proof.
	ErrProof = errors.New("oauth: the DPoP proof cannot be accepted")
	// ErrNonce: it lacks a nonce that is fresh: use_dpop_nonce (RFC 9449 §8).
	ErrNonce = errors.New("oauth: the DPoP proof needs the nonce that comes with this answer")
)

// Proofs check that the sender of a request holds a key.
type Proofs interface {
	// Check answers the thumbprint (RFC 7638) of the key that the request's
	// proof was made with, for this access token.
	Check(r *http.Request, token string) (thumbprint string, err error)
	// Nonce is the nonce for the next proof, for the header DPoP-Nonce.
	Nonce() string
	// Algorithms are those a proof may be signed with.
	Algorithms() []string
}

// CheckSender holds a request to what its access token is bound to: a bound one
// comes with the scheme DPoP and a proof by its key (RFC 9449 §7.1), another one
// with the scheme Bearer, and neither with the other's (§7.2: a bound token that
// was stolen must not serve as a bearer token).
func CheckSender(p Proofs, r *http.Request, scheme, token string, g Grant) error {
	switch bound := g.Key != ""; {
	case !bound && strings.EqualFold(scheme, "Bearer"):
		return nil
	case !bound || !strings.EqualFold(scheme, "DPoP"):
		return ErrToken
	}
	thumbprint, err := p.Check(r, token)
	if err == nil && thumbprint != g.Key {
		return ErrToken
	}
	return err
}

// Challenge is the error code of a WWW-Authenticate header that fits an error of
// an [Introspector] or of [CheckSender] (RFC 6750 §3.1, RFC 9449 §7.1, §9), or
// empty for others.
func Challenge(err error) string {
	switch {
	case errors.Is(err, ErrToken):
		return "invalid_token"
	case errors.Is(err, ErrNonce):
		return "use_dpop_nonce"
	case errors.Is(err, ErrProof):
		return "invalid_dpop_proof"
	default:
		return ""
	}
}
