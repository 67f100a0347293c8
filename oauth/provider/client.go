package provider

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"podmove/oauth"
)

// How a client authenticates.
const (
	methodKey   = "private_key_jwt"
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodNone  = "none"
)

// documentMethods and registeredMethods are those of the two kinds of clients. A
// document is public and can hold no secret.
func documentMethods() []string   { return []string{methodKey, methodNone} }
func registeredMethods() []string { return []string{methodBasic, methodPost, methodKey, methodNone} }

// methods are how clients may authenticate here.
func (p *Provider) methods() []string {
	if p.Registration {
		return registeredMethods()
	}
	return documentMethods()
}

// clientPrefix begins the ids of registered clients, so that none is an address.
const clientPrefix = "client-"

var registeredShape = regexp.MustCompile("^" + clientPrefix + "[A-Z2-7]{26}$") // rand.Text's

// isAddress tells the ids of clients with a document from those that were given
// here.
func isAddress(id string) bool { return strings.Contains(id, ":") }

// A client is what its metadata document said when it pushed its request, or
// what it registered. The snapshot travels in every row of its grant, so that no
// later step fetches; one that registered is looked up anew all the same.
type client struct {
	ID         string          `json:"id"`
	Name       string          `json:"name,omitempty"`
	Redirects  []string        `json:"redirects"`
	Method     string          `json:"method"`
	Keys       json.RawMessage `json:"keys,omitempty"` // JWK set, ES256 keys only
	Resource   string          `json:"resource"`
	Bound      bool            `json:"bound,omitempty"` // it said dpop_bound_access_tokens (RFC 9449 §5.2)
	Registered bool            `json:"registered,omitempty"`
	Grants     []string        `json:"grants,omitempty"` // of a registered one: its grant types
	Scopes     []string        `json:"scopes,omitempty"` // and its scopes
	secret     string          // and the hash of its secret, which no row keeps

	pinned     bool      // the keys are those of a grant, and may be followed (Protocol §1.5)
	keysDiffer time.Time // since when the client publishes none of them; zero if it does
}

var _ fosite.Client = (*client)(nil)

// client finds who a client_id is: an address is that of a document, all else a
// name that was given here. A document that was read a while ago is good enough
// if it has the key that is named.
func (p *Provider) client(ctx context.Context, id, key string) (*client, error) {
	if isAddress(id) {
		return p.documented(ctx, id, key)
	}
	return p.registeredClient(ctx, id)
}

// registeredClient looks a client up. One that was deleted is nobody.
func (p *Provider) registeredClient(ctx context.Context, id string) (*client, error) {
	row, found, err := p.registration(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse(fosite.ErrInvalidClient, "No client of that name is registered here.")
	}
	var m registration
	if err := json.Unmarshal(row.Metadata, &m); err != nil {
		return nil, err
	}
	return &client{
		ID: row.ID, Name: m.Name, Redirects: m.RedirectURIs, Method: m.Method, Keys: m.Keys, Resource: p.resource, Bound: m.Bound,
		Registered: true, Grants: m.GrantTypes, Scopes: strings.Fields(m.Scope), secret: row.Secret,
	}, nil
}

// registration finds what a client registered.
func (p *Provider) registration(ctx context.Context, id string) (Registered, bool, error) {
	if !registeredShape.MatchString(id) {
		return Registered{}, false, nil
	}
	return p.Store.Client(ctx, id)
}

// host is where the client's document is from: the only thing about it that is
// known and not claimed. One that registered has none.
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

func (m *registration) hasSecret() bool {
	return m.Method == methodBasic || m.Method == methodPost
}

func (c *client) GetID() string                      { return c.ID }
func (c *client) GetHashedSecret() []byte            { return nil }
func (c *client) GetRedirectURIs() []string          { return c.Redirects }
func (c *client) GetResponseTypes() fosite.Arguments { return fosite.Arguments{"code"} }
func (c *client) IsPublic() bool                     { return c.Method == methodNone }
func (c *client) GetAudience() fosite.Arguments      { return fosite.Arguments{c.Resource} }

func (c *client) GetGrantTypes() fosite.Arguments {
	if c.Registered {
		return c.Grants
	}
	return fosite.Arguments{"authorization_code", "refresh_token"}
}

// GetScopes: Protocol §2.3: transfer:move takes a client that proves its host
// with a document and a key. The host is compared with the destination's when
// the details are read.
func (c *client) GetScopes() fosite.Arguments {
	switch {
	case c.Registered:
		return slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return !slices.Contains(registrable(), s) })
	case c.IsPublic():
		return fosite.Arguments{oauth.ScopeOpenID, oauth.ScopeRead}
	default:
		return fosite.Arguments{oauth.ScopeOpenID, oauth.ScopeRead, oauth.ScopeMove}
	}
}
