package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/transfer"
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
	metadata := map[string]any{
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
		"dpop_signing_alg_values_supported":     dpop.Algorithms(), // RFC 9449 §5.1
		"claims_supported":                      []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acct", "preferred_username"},
		"prompt_values_supported":               []string{"login", "consent"},
		"authorization_details_types_supported": []string{oauth.DetailsType},
		"protected_resources":                   []string{p.resource},

		"client_id_metadata_document_supported":                    true,
		"authorization_response_iss_parameter_supported":           true,
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
		"claims_parameter_supported":                               false,
		"token_endpoint_auth_methods_supported":                    p.methods(),
		"token_endpoint_auth_signing_alg_values_supported":         []string{"ES256"},
		"revocation_endpoint_auth_methods_supported":               p.methods(),
		"revocation_endpoint_auth_signing_alg_values_supported":    []string{"ES256"},
		"introspection_endpoint_auth_methods_supported":            slices.DeleteFunc(p.methods(), func(m string) bool { return m == methodNone }),
		"introspection_endpoint_auth_signing_alg_values_supported": []string{"ES256"},
	}
	if p.Registration {
		metadata["registration_endpoint"] = at(RegisterPath)
	}
	publish(w, metadata)
}

func scopes() []string { return []string{oauth.ScopeOpenID, oauth.ScopeRead, oauth.ScopeMove} }

// resourceDocument is RFC 9728 §2 for the transfer API.
func (p *Provider) resourceDocument(w http.ResponseWriter, _ *http.Request) {
	publish(w, map[string]any{
		"resource":                              p.resource,
		"dpop_signing_alg_values_supported":     dpop.Algorithms(), // RFC 9728 §2
		"dpop_bound_access_tokens_required":     p.RequireDPoP,
		"authorization_servers":                 []string{p.Issuer},
		"scopes_supported":                      []string{oauth.ScopeRead, oauth.ScopeMove},
		"bearer_methods_supported":              []string{"header"},
		"jwks_uri":                              p.Issuer + "/oauth/jwks.json",
		"authorization_details_types_supported": []string{oauth.DetailsType},
		"podmove_formats_supported":             []int{transfer.Format}, // so that the other pod knows before it asks
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
		"authorization_details_types":     []string{oauth.DetailsType}, // RFC 9396 §10
		"token_endpoint_auth_method":      methodKey,
		"token_endpoint_auth_signing_alg": "ES256",
		// OpenID Connect Registration §2: RS256, and no auth_time, to who says nothing.
		"id_token_signed_response_alg": "ES256",
		"require_auth_time":            true,

		"require_pushed_authorization_requests": true, // RFC 9126 §6
		"dpop_bound_access_tokens":              true, // RFC 9449 §5.2
		"jwks":                                  json.RawMessage(set),
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
