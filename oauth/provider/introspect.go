package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/oauth/dpop"
)

// maxToken bounds a token that a stranger sends, in bytes.
const maxToken = 512

// Introspect is oauth.Introspector, for this pod's own transfer API.
func (p *Provider) Introspect(ctx context.Context, token string) (oauth.Grant, error) {
	grant, _, err := p.access(ctx, token)
	return grant, err
}

// access finds out what an access token is good for: it was made here, has not
// expired, is for this resource (RFC 8707), and its grant stands.
func (p *Provider) access(ctx context.Context, token string) (oauth.Grant, *fosite.Request, error) {
	if len(token) > maxToken {
		return oauth.Grant{}, nil, oauth.ErrToken
	}
	kept, err := p.storage.GetAccessTokenSession(ctx, p.strategy.AccessTokenSignature(ctx, token), nil)
	if errors.Is(err, fosite.ErrNotFound) {
		return oauth.Grant{}, nil, oauth.ErrToken
	}
	if err != nil {
		return oauth.Grant{}, nil, err
	}
	r := kept.(*fosite.Request)
	if p.strategy.ValidateAccessToken(ctx, r, token) != nil || !slices.Contains(r.GrantedAudience, p.resource) {
		return oauth.Grant{}, nil, oauth.ErrToken
	}
	grant, found, err := p.Store.Grant(ctx, r.GetID())
	if err == nil && !found {
		err = oauth.ErrToken
	}
	grant.Key = r.Session.(*session).Key
	if grant.Key == "" && p.RequireDPoP { // from before the podmin asked for it
		err = errors.Join(oauth.ErrToken, err)
	}
	return grant, r, err
}

// introspect tells a client about its own access token (RFC 7662). fosite
// would answer any bearer about any token.
func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(w, r, askParameters)
	switch {
	case err != nil:
	case method(form) == methodNone:
		err = refuse(fosite.ErrInvalidClient, "Introspection takes a client that proves who it is.")
	case form.Get("token") == "": // RFC 7662 §2.1
		err = invalid("token is missing.")
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	answer, err := p.describe(r, form)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, answer)
}

// describe answers "not active" to whoever is not the token's client, as RFC
// 7662 §2.2 allows: it says nothing about a token that is another's.
func (p *Provider) describe(r *http.Request, form url.Values) (map[string]any, error) {
	inactive := map[string]any{"active": false}
	named, err := p.named(r.Context(), form)
	if err != nil {
		return nil, err
	}
	grant, kept, err := p.access(r.Context(), form.Get("token"))
	if errors.Is(err, oauth.ErrToken) || err == nil && asker(form) != grant.Client {
		return inactive, nil
	}
	if err != nil {
		return nil, err
	}
	if named == nil {
		known, err := p.pinned(r.Context(), kept)
		if err != nil {
			return nil, err
		}
		if _, err := p.proven(r.Context(), known, form); err != nil {
			return nil, err
		}
	}
	answer := map[string]any{
		"active": true, "iss": p.Issuer, "sub": grant.Account, "aud": p.resource,
		"client_id": grant.Client, "scope": strings.Join(grant.Scopes, " "), "token_type": "Bearer",
		"exp":                   kept.Session.GetExpiresAt(fosite.AccessToken).Unix(),
		"iat":                   kept.RequestedAt.Unix(),
		"authorization_details": []oauth.Details{grant.Details}, // RFC 9396 §9.2
	}
	if grant.Key != "" { // RFC 9449 §6.2
		answer["token_type"], answer["cnf"] = dpop.Scheme, map[string]string{"jkt": grant.Key}
	}
	return answer, nil
}

// asker is who says to be asking. RFC 7521 §4.2: client_id may be left out where
// an assertion names the client. Nothing of it is believed yet.
func asker(form url.Values) string {
	if id := clientID(form); id != "" {
		return id
	}
	var claimed assertion
	if signed, err := jose.ParseSigned(form.Get("client_assertion")); err == nil {
		_ = json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claimed) // what cannot be read names nobody
	}
	return claimed.Subject
}

// revoke revokes a client's grant by one of its tokens (RFC 7009). It is not
// left to fosite, which answers 200 when the database fails.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(w, r, askParameters)
	if err == nil {
		err = p.revokeToken(r, form)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, struct{}{})
}

func (p *Provider) revokeToken(r *http.Request, form url.Values) error {
	ctx := r.Context()
	token := form.Get("token")
	if token == "" || len(token) > maxToken {
		return invalid("token is missing.")
	}
	named, err := p.named(ctx, form)
	if err != nil {
		return err
	}
	_, kept, err := p.storage.find(ctx, KindRefresh, p.strategy.RefreshTokenSignature(ctx, token))
	if errors.Is(err, fosite.ErrNotFound) {
		_, kept, err = p.storage.find(ctx, KindAccess, p.strategy.AccessTokenSignature(ctx, token))
	}
	if errors.Is(err, fosite.ErrNotFound) {
		return nil // RFC 7009 §2.2: an unknown token is as good as revoked
	}
	if err != nil {
		return err
	}
	holder, err := p.pinned(ctx, kept)
	switch {
	case err != nil:
	case named == nil:
		_, err = p.proven(ctx, holder, form)
	case named.ID != holder.ID:
		err = errAnothers()
	}
	if err != nil {
		return err
	}
	if grant, found, err := p.Store.Grant(ctx, kept.GetID()); err != nil {
		return err
	} else if found && p.Returned != nil {
		if err := p.Returned(ctx, grant); err != nil {
			return err
		}
	}
	return p.Revoke(ctx, kept.GetID())
}
