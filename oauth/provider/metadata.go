package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"podmove/oauth"
)

// ClientPath, CallbackPath and MovePath are the addresses of a pod as a client
// (Protocol §1.3, §2.6).
const (
	ClientPath   = "/oauth/client.json"
	CallbackPath = "/oauth/callback"
	MovePath     = "/move"
)

// discovery is OpenID Connect Discovery §3 and RFC 8414 §2 in one document.
func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	at := func(path string) string { return p.Issuer + path }
	publish(w, map[string]any{
		"issuer":                                p.Issuer,
		"podmove_client_id":                     at(ClientPath),
		"authorization_endpoint":                at("/oauth/authorize"),
		"pushed_authorization_request_endpoint": at("/oauth/par"),
		"require_pushed_authorization_requests": true,
		"token_endpoint":                        at("/oauth/token"),
		"revocation_endpoint":                   at("/oauth/revoke"),
		"introspection_endpoint":                at("/oauth/introspect"),
		"userinfo_endpoint":                     at("/oauth/userinfo"),
		"jwks_uri":                              at("/oauth/jwks.json"),
		"scopes_supported":                      scopes(),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
		"claims_supported":                      []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acct", "preferred_username"},
		"prompt_values_supported":               []string{"login", "consent"},
		"authorization_details_types_supported": []string{oauth.DetailsType},
		"protected_resources":                   []string{p.resource},

		"client_id_metadata_document_supported":                    true,
		"authorization_response_iss_parameter_supported":           true,
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
		"claims_parameter_supported":                               false,
		"token_endpoint_auth_methods_supported":                    []string{methodKey, methodNone},
		"token_endpoint_auth_signing_alg_values_supported":         []string{"ES256"},
		"revocation_endpoint_auth_methods_supported":               []string{methodKey, methodNone},
		"introspection_endpoint_auth_methods_supported":            []string{methodKey},
		"introspection_endpoint_auth_signing_alg_values_supported": []string{"ES256"},
	})
}

func scopes() []string { return []string{oauth.ScopeOpenID, oauth.ScopeRead, oauth.ScopeMove} }

// resourceDocument is RFC 9728 §2 for the transfer API.
func (p *Provider) resourceDocument(w http.ResponseWriter, _ *http.Request) {
	publish(w, map[string]any{
		"resource":                              p.resource,
		"authorization_servers":                 []string{p.Issuer},
		"scopes_supported":                      []string{oauth.ScopeRead, oauth.ScopeMove},
		"bearer_methods_supported":              []string{"header"},
		"jwks_uri":                              p.Issuer + "/oauth/jwks.json",
		"authorization_details_types_supported": []string{oauth.DetailsType},
	})
}

// clientDocument is what this pod is to others as a client (Protocol §1.3).
func (p *Provider) clientDocument(w http.ResponseWriter, r *http.Request) {
	set, err := p.ClientKeys(r.Context())
	if err != nil {
		p.fail(w, r, err)
		return
	}
	_, host, _ := strings.Cut(p.Issuer, "://")
	publish(w, map[string]any{
		"client_id":                       p.Issuer + ClientPath,
		"client_name":                     host,
		"client_uri":                      p.Issuer + "/",
		"redirect_uris":                   []string{p.Issuer + CallbackPath},
		"initiate_login_uri":              p.Issuer + MovePath,
		"response_types":                  []string{"code"},
		"grant_types":                     []string{"authorization_code", "refresh_token"},
		"scope":                           strings.Join(scopes(), " "),
		"token_endpoint_auth_method":      methodKey,
		"token_endpoint_auth_signing_alg": "ES256",
		"jwks":                            json.RawMessage(set),
	})
}

// published serves a key set.
func (p *Provider) published(set func(context.Context) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := set(r.Context())
		if err != nil {
			p.fail(w, r, err)
			return
		}
		publish(w, json.RawMessage(body))
	}
}

// publish answers with a document that anyone may read and keep for a little
// while. Keys change, and then the change must be seen soon.
func publish(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("X-Content-Type-Options", "nosniff")
	w.Write(body) // the reader may be gone
}

// userinfo is OpenID Connect Core §5.3, by GET or POST (§5.3.1). The token stands
// in the header and nowhere else.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	grant, err := oauth.Grant{}, oauth.ErrToken
	if strings.EqualFold(scheme, "Bearer") && !r.URL.Query().Has("access_token") {
		grant, err = p.Introspect(r.Context(), token)
	}
	switch {
	case scheme == "":
		// RFC 6750 §3.1: who brought nothing did nothing wrong yet.
		w.Header().Set("WWW-Authenticate", "Bearer")
		write(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	case errors.Is(err, oauth.ErrToken):
		challenge(w, http.StatusUnauthorized, "invalid_token")
		return
	case err == nil && !grant.Has(oauth.ScopeOpenID):
		challenge(w, http.StatusForbidden, "insufficient_scope")
		return
	}
	var a Account
	if err == nil {
		a, err = p.Account(r.Context(), grant.Account)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, map[string]string{"sub": a.GUID, "acct": a.ID, "preferred_username": a.Username})
}

// challenge is RFC 6750 §3.
func challenge(w http.ResponseWriter, status int, code string) {
	w.Header().Set("WWW-Authenticate", `Bearer error="`+code+`"`)
	write(w, status, map[string]string{"error": code})
}
