package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	strict "github.com/go-jose/go-jose/v3/json"
	"github.com/ory/fosite"

	"podmove/internal/keys"
	"podmove/internal/outbound"
)

// Bounds on a client metadata document.
const (
	maxDocument   = 5 << 10 // bytes, as the draft proposes
	maxClientID   = 512
	maxRedirects  = 10
	maxClientName = 80 // characters
)

// document is what is read of a client metadata document
// (draft-ietf-oauth-client-id-metadata-document; its members are RFC 7591's).
type document struct {
	ClientID      string          `json:"client_id"`
	ClientName    string          `json:"client_name"`
	RedirectURIs  []string        `json:"redirect_uris"`
	ResponseTypes []string        `json:"response_types"`
	GrantTypes    []string        `json:"grant_types"`
	Method        string          `json:"token_endpoint_auth_method"`
	Algorithm     string          `json:"token_endpoint_auth_signing_alg"`
	Keys          json.RawMessage `json:"jwks"`
	KeysURI       string          `json:"jwks_uri"`
	RequestURIs   []string        `json:"request_uris"`
	Bound         bool            `json:"dpop_bound_access_tokens"`
	Secret        any             `json:"client_secret"`
	SecretExpires any             `json:"client_secret_expires_at"`
}

// documented is the client whose id is the address of its document. The one that
// was read a little while ago will do if it has the key that is named.
func (p *Provider) documented(ctx context.Context, id, key string) (*client, error) {
	u, err := p.clientURL(id)
	if err != nil {
		return nil, refuse(fosite.ErrInvalidClient, "The client_id is no address of a client metadata document: "+err.Error()+".")
	}
	suits := func(c *client) bool { return key == "" || c.hasKey(key) }
	c, err := p.documents.get(ctx, u, suits, func(raw []byte) (*client, error) { return readDocument(raw, u, p.resource) })
	if _, told := errors.AsType[*fosite.RFC6749Error](err); err == nil || told {
		return c, err
	}
	p.Log.InfoContext(ctx, "cannot read a client metadata document", "client", u.Host, "error", err)
	return nil, refuse(fosite.ErrInvalidClient, "The client metadata document cannot be read: "+unreadable(err)+".")
}

// readDocument makes a client out of its document. A member that stands twice, or
// in another spelling, is not taken for the one that is meant.
func readDocument(raw []byte, u *url.URL, resource string) (*client, error) {
	var d document
	if err := strict.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", outbound.ErrRubbish, err)
	}
	unusable := func(err error) error {
		return refuse(fosite.ErrInvalidClient, "The client metadata document cannot be used: "+err.Error()+".")
	}
	if err := d.check(u.String(), u); err != nil {
		return nil, unusable(err)
	}
	c := &client{ID: d.ClientID, Name: plain(d.ClientName), Redirects: d.RedirectURIs, Method: d.Method, Resource: resource, Bound: d.Bound}
	if c.IsPublic() {
		return c, nil
	}
	var err error
	if c.Keys, err = usable(d.Keys); err != nil {
		return nil, unusable(err)
	}
	return c, nil
}

// clientURL checks the shape of a client_id before anything is asked for.
func (p *Provider) clientURL(id string) (*url.URL, error) {
	u, err := url.Parse(id)
	switch {
	case err != nil || len(id) > maxClientID || u.String() != id:
		return nil, errors.New("it is no plain address")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil || u.Opaque != "":
		return nil, errors.New("it has more than scheme, host and path")
	case u.RawPath != "" || len(u.Path) < 2 || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/"):
		return nil, errors.New("its path is missing or has dot segments")
	case outbound.Allowed(u, p.Development) != nil:
		return nil, errors.New("this pod does not speak with that address")
	}
	return u, nil
}

// unreadable says what went wrong without telling a stranger about this pod's
// network.
func unreadable(err error) string {
	status, ok := errors.AsType[*outbound.StatusError](err)
	switch {
	case ok:
		return fmt.Sprintf("its host answers %d", status.Code)
	case errors.Is(err, outbound.ErrTooLarge):
		return fmt.Sprintf("it is larger than %d bytes", maxDocument)
	case errors.Is(err, outbound.ErrContentType), errors.Is(err, outbound.ErrRubbish):
		return "it is not JSON"
	default:
		return "its host does not answer"
	}
}

// check holds a document to the rules. Symmetric secrets, and keys or requests
// that would have to be fetched, are refused.
func (d document) check(id string, u *url.URL) error {
	switch {
	case d.ClientID != id:
		return errors.New("its client_id is not its own address")
	case d.Method != methodKey && d.Method != methodNone:
		return errors.New("token_endpoint_auth_method is neither private_key_jwt nor none")
	case d.Algorithm != "" && d.Algorithm != "ES256":
		return errors.New("token_endpoint_auth_signing_alg is not ES256")
	case d.Secret != nil || d.SecretExpires != nil || d.KeysURI != "" || len(d.RequestURIs) > 0:
		return errors.New("it has a client_secret or its expiry, a jwks_uri or request_uris")
	case len(d.ResponseTypes) > 0 && !slices.Contains(d.ResponseTypes, "code"):
		return errors.New("it does not use the response type code")
	case len(d.GrantTypes) > 0 && !slices.Contains(d.GrantTypes, "authorization_code"):
		return errors.New("it does not use the grant type authorization_code")
	case len(d.RedirectURIs) == 0 || len(d.RedirectURIs) > maxRedirects:
		return fmt.Errorf("it has no redirect_uris, or more than %d", maxRedirects)
	}
	for _, raw := range d.RedirectURIs {
		if !sameOrigin(raw, u) {
			return errors.New("a redirect URI is not of the client_id's origin")
		}
	}
	return nil
}

// sameOrigin: a code goes nowhere but to the host that the person was shown.
func sameOrigin(raw string, u *url.URL) bool {
	v, err := url.Parse(raw)
	return err == nil && v.String() == raw && v.Scheme == u.Scheme && v.Host == u.Host &&
		v.User == nil && v.Opaque == "" && !strings.Contains(raw, "#")
}

// usable keeps a set's ES256 keys, each marked as one for signing.
func usable(raw json.RawMessage) (json.RawMessage, error) {
	set, err := keys.ParseSet(raw)
	if err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	return set.MarshalJSON()
}

// plain is a name that can be shown: short, and without what turns text around.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > maxClientName {
		return string(runes[:maxClientName]) + "…"
	}
	return name
}
