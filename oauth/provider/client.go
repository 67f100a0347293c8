package provider

import (
	"encoding/json"
	"net/url"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"podmove/oauth"
)

// How a client authenticates.
const (
	methodKey  = "private_key_jwt"
	methodNone = "none"
)

// A client is what its metadata document said when it pushed its request. The
// snapshot travels in every row of its grant, so that no later step fetches.
type client struct {
	ID        string          `json:"id"`
	Name      string          `json:"name,omitempty"`
	Redirects []string        `json:"redirects"`
	Method    string          `json:"method"`
	Keys      json.RawMessage `json:"keys,omitempty"` // JWK set, ES256 keys only
	Resource  string          `json:"resource"`
	Bound     bool            `json:"bound,omitempty"` // it said dpop_bound_access_tokens (RFC 9449 §5.2)
}

var _ fosite.Client = (*client)(nil)

// host is where the client's document is from: the only thing about it that is
// known and not claimed.
func (c *client) host() string {
	u, err := url.Parse(c.ID)
	if err != nil {
		return ""
	}
	return u.Host
}

// hasKey reports whether the client has a key of that name.
func (c *client) hasKey(id string) bool {
	var set jose.JSONWebKeySet
	return json.Unmarshal(c.Keys, &set) == nil && len(set.Key(id)) > 0
}

func (c *client) GetID() string                      { return c.ID }
func (c *client) GetHashedSecret() []byte            { return nil }
func (c *client) GetRedirectURIs() []string          { return c.Redirects }
func (c *client) GetResponseTypes() fosite.Arguments { return fosite.Arguments{"code"} }
func (c *client) IsPublic() bool                     { return c.Method == methodNone }
func (c *client) GetAudience() fosite.Arguments      { return fosite.Arguments{c.Resource} }

func (c *client) GetGrantTypes() fosite.Arguments {
	return fosite.Arguments{"authorization_code", "refresh_token"}
}

// GetScopes: Protocol §2.3: transfer:move takes a client with a key. Its host
// is compared with the destination's when the details are read.
func (c *client) GetScopes() fosite.Arguments {
	if c.IsPublic() {
		return fosite.Arguments{oauth.ScopeOpenID, oauth.ScopeRead}
	}
	return fosite.Arguments{oauth.ScopeOpenID, oauth.ScopeRead, oauth.ScopeMove}
}
