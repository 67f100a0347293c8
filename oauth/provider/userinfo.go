package provider

import (
	"net/http"
	"strings"

	"podmove/oauth"
	"podmove/oauth/dpop"
)

// userinfo is OpenID Connect Core §5.3, by GET or POST (§5.3.1). The token stands
// in the header and nowhere else.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme == "" {
		// RFC 6750 §3.1: who brought nothing did nothing wrong yet.
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.Header().Add("WWW-Authenticate", dpop.Scheme+algs())
		write(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	grant, err := oauth.Grant{}, oauth.ErrToken
	if !r.URL.Query().Has("access_token") && len(r.Header.Values("Authorization")) == 1 {
		grant, err = p.Introspect(r.Context(), token)
	}
	if err == nil {
		err = oauth.CheckSender(p.uses, r, scheme, token, grant)
	}
	w.Header().Set(dpop.NonceHeader, p.uses.Nonce())
	var a Account
	switch {
	case err == nil && !grant.Has(oauth.ScopeOpenID):
		challenge(w, scheme, http.StatusForbidden, "insufficient_scope")
		return
	case err == nil:
		a, err = p.Account(r.Context(), grant.Account)
	}
	if code := oauth.Challenge(err); code != "" {
		challenge(w, scheme, http.StatusUnauthorized, code)
		return
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, map[string]string{"sub": a.GUID, "acct": a.ID, "preferred_username": a.Username})
}

// challenge is RFC 6750 §3 and RFC 9449 §7.1.
func challenge(w http.ResponseWriter, scheme string, status int, code string) {
	value := `Bearer error="` + code + `"`
	if strings.EqualFold(scheme, dpop.Scheme) {
		value = dpop.Scheme + ` error="` + code + `",` + algs()
	}
	w.Header().Set("WWW-Authenticate", value)
	write(w, status, map[string]string{"error": code})
}

func algs() string { return ` algs="` + strings.Join(dpop.Algorithms(), " ") + `"` }
