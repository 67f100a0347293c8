package oauth

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Scopes of the transfer API (Protocol §2.3).
const (
	ScopeOpenID = "openid"
	ScopeRead   = "transfer:read"
	ScopeMove   = "transfer:move" // only for a pod that proved its host
)

// DetailsType is the type of [Details] in authorization_details (RFC 9396 §2).
const DetailsType = "account_transfer"

// Details say what a transfer may carry, as asked for and then as granted
// (Protocol §2.2). Times are RFC 3339 in UTC or empty.
type Details struct {
	Type        string   `json:"type"`
	Purpose     string   `json:"purpose"` // move or copy
	Collections []string `json:"collections"`
	Since       string   `json:"since,omitempty"` // only for copy (Protocol §4.4)
	Until       string   `json:"until,omitempty"`
	Limited     bool     `json:"limited"`               // posts for chosen people, too
	Destination string   `json:"destination,omitempty"` // the new diaspora* ID
	// Retry is the transfer of which only what did not arrive is asked for once
	// more (Protocol §5.5).
	Retry string `json:"retry,omitempty"`
}

// Choices are what else the person decided on the consent page.
type Choices struct {
	NoAddress  bool `json:"no_address,omitempty"`   // old links say gone and name nobody (Protocol §6.3)
	LinksMayGo bool `json:"links_may_go,omitempty"` // later moves may carry the links on (Protocol §6.5)
}

// A Grant is what one token stands for: one account, one client, one
// destination (Protocol §2.5).
type Grant struct {
	ID      string // the same for all tokens of one consent
	Account string // person GUID, the OIDC subject
	Client  string // client_id, for a pod the URL of its metadata document
	Scopes  []string
	Details Details
	Choices Choices
	// Keys are the client's JWK set as pinned at consent and followed since;
	// KeysDiffer is since when the client publishes none of them, zero if it
	// does (Protocol §1.5).
	Keys       []byte
	KeysDiffer time.Time
	// Key is the thumbprint of the key that the token asked about is bound to
	// (RFC 9449 §6); empty for a bearer token.
	Key string
	// Redirect is the host to which the code was sent: what is known of a client
	// whose id is no address.
	Redirect string
}

// Has reports whether the grant holds the scope.
func (g Grant) Has(scope string) bool { return slices.Contains(g.Scopes, scope) }

// ErrToken is an Introspector's answer to a token that is unknown, expired or
// revoked: RFC 6750 §3.1 invalid_token.
var ErrToken = errors.New("oauth: the token is unknown, expired or revoked")

// An Introspector tells what an access token is good for, at this pod's
// transfer API as its audience (RFC 8707).
type Introspector interface {
	Introspect(ctx context.Context, token string) (Grant, error)
}
