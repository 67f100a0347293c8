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
	Secret        string          `json:"client_secret"`
	Bound         bool            `json:"dpop_bound_access_tokens"`
}

// client reads the document behind a client_id.
func (p *Provider) client(ctx context.Context, id string) (*client, error) {
	u, err := p.clientURL(id)
	if err != nil {
		return nil, refuse(fosite.ErrInvalidClient, "The client_id is no address of a client metadata document: "+err.Error()+".")
	}
	var d document
	if err := outbound.JSON(ctx, p.HTTP, id, maxDocument, &d); err != nil {
		p.Log.InfoContext(ctx, "cannot read a client metadata document", "client", u.Host, "error", err)
		return nil, refuse(fosite.ErrInvalidClient, "The client metadata document cannot be read: "+unreadable(err)+".")
	}
	if err := d.check(id, u); err != nil {
		return nil, refuse(fosite.ErrInvalidClient, "The client metadata document cannot be used: "+err.Error()+".")
	}
	c := &client{ID: id, Name: plain(d.ClientName), Redirects: d.RedirectURIs, Method: d.Method, Resource: p.resource, Bound: d.Bound}
	if c.IsPublic() {
		return c, nil
	}
	if c.Keys, err = usable(d.Keys); err != nil {
		return nil, refuse(fosite.ErrInvalidClient, "The client metadata document cannot be used: "+err.Error()+".")
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
	case d.Secret != "" || d.KeysURI != "" || len(d.RequestURIs) > 0:
		return errors.New("it has a client_secret, jwks_uri or request_uris")
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
