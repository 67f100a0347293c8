package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/oauth/dpop"
)

// token exchanges a code or a refresh token (RFC 6749 §4.1.3, §6).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	answer, err := p.exchange(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, answer)
}

// exchange reads and checks the request outside a transaction, since what it
// finds out, such as theft, must be kept when it refuses. The tokens are made
// before one begins, too, and kept in it. A proof of possession (RFC 9449) is
// compared in between.
func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	form, err := readForm(w, r, tokenParameters)
	if err != nil {
		return nil, err
	}
	if err := exchangeWrong(form); err != nil {
		return nil, err
	}
	if got := form.Get("resource"); got != "" && got != p.resource { // RFC 8707 §2.2
		return nil, errTarget
	}
	key, err := p.proof(w, r)
	if err != nil {
		return nil, err
	}
	ctx := context.WithValue(r.Context(), refreshKey{}, &Row{})
	request, err := p.fosite.NewAccessRequest(ctx, asRequest(r, form), newSession())
	if err != nil {
		return nil, err
	}
	if err := p.hold(request, key); err != nil {
		return nil, err
	}
	// RFC 6749 §6. fosite passes over the scope here.
	if asked := strings.Fields(form.Get("scope")); form.Get("grant_type") == "refresh_token" && !request.GetGrantedScopes().Has(asked...) {
		return nil, refuse(fosite.ErrInvalidScope, "A refresh never asks for more than was granted.")
	}
	return p.issue(ctx, request, key)
}

// issue makes the tokens and keeps them. A grant that is revoked meanwhile has no
// active code or refresh token to use up.
func (p *Provider) issue(ctx context.Context, request fosite.AccessRequester, key string) (map[string]any, error) {
	grant, found, err := p.Store.Grant(ctx, request.GetID())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse(fosite.ErrInvalidGrant, "The grant was revoked.")
	}
	writes := &batch{}
	response, err := p.fosite.NewAccessResponse(context.WithValue(ctx, batchKey{}, writes), request)
	if err != nil {
		return nil, err
	}
	if key != "" {
		response.SetTokenType(dpop.Scheme) // RFC 9449 §5
	}
	// RFC 9396 §7: what was granted, which may be less than was asked.
	response.SetExtra("authorization_details", []oauth.Details{grant.Details})
	if err := writes.write(ctx, p.Store); err != nil {
		return nil, err
	}
	return response.ToMap(), nil
}

// exchangeWrong says what is missing (RFC 6749 §5.2). fosite would first ask for
// the client, whom only the code or token names.
func exchangeWrong(form url.Values) error {
	switch form.Get("grant_type") {
	case "":
		return invalid("grant_type is missing.")
	case "authorization_code":
		if form.Get("code") == "" {
			return invalid("code is missing.")
		}
	case "refresh_token":
		if form.Get("refresh_token") == "" {
			return invalid("refresh_token is missing.")
		}
	default:
		return fosite.ErrUnsupportedGrantType
	}
	return nil
}
