package dpop

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/go-jose/go-jose/v4"
)

// Header carries a proof (RFC 9449 §4.1), NonceHeader the nonce for the next one
// (RFC 9449 §8).
const (
	Header      = "DPoP"
	NonceHeader = "DPoP-Nonce"
)

// Scheme is the authentication scheme of a bound token (RFC 9449 §7.1), and its
// token_type.
const Scheme = "DPoP"

// NonceCode is the error of a server that asks for another nonce (RFC 9449 §8).
const NonceCode = "use_dpop_nonce"

// proofType is the "typ" of a proof. RFC 8725 §3.11: no other message of ours
// has it.
const proofType = "dpop+jwt"

// algorithms are those a proof may be signed with: asymmetric ones with short
// keys, so that a check costs a stranger more than us.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA}

// Algorithms names them, for dpop_signing_alg_values_supported (RFC 9449 §5.1).
func Algorithms() []string { return []string{string(jose.ES256), string(jose.EdDSA)} }

// claims are those of a proof (RFC 9449 §4.2).
type claims struct {
	ID       string  `json:"jti"`
	Method   string  `json:"htm"`
	Target   string  `json:"htu"`
	IssuedAt float64 `json:"iat"`
	Nonce    string  `json:"nonce,omitempty"`
	Token    string  `json:"ath,omitempty"`
}

// tokenHash is "ath": the token's SHA-256 in base64url.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
