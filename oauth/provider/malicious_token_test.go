package provider_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/oauth/provider"
)

// TestMaliciousUse is a client, or a thief, at the endpoints that take tokens.
// The numbers are those of docs/security.md.
func TestMaliciousUse(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	ask := func(c *party, path, token string) answer { return c.post(path, c.auth(url.Values{"token": {token}})) }

	t.Run("12: a token for one pod's resource is none at another's, even over one database", func(t *testing.T) {
		token := c.tokens().text("access_token")
		o := p.Options
		o.Issuer = "http://127.0.0.1:1"
		another, err := provider.New(o)
		must(t, err)
		if _, err := another.Introspect(t.Context(), token); !errors.Is(err, oauth.ErrToken) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("14: a token in an address or a form is not looked at", func(t *testing.T) {
		token := c.tokens().text("access_token")
		want(t, get(t, p.url+"/oauth/userinfo?access_token="+token, ""), http.StatusUnauthorized, "invalid_token")
		want(t, send(t, p.url+"/oauth/userinfo", "application/x-www-form-urlencoded", "access_token="+token), http.StatusUnauthorized, "invalid_token")
		want(t, c.use(http.MethodGet, "/oauth/userinfo?access_token="+token, token), http.StatusUnauthorized, "invalid_token")
		want(t, c.post("/oauth/token?x=y", c.redemption(c.consent(c.request(), everything()))), http.StatusBadRequest, "invalid_request")
	})
	t.Run("18: a client assertion is for this issuer alone, once, for five minutes", func(t *testing.T) {
		for name, value := range map[string]any{
			"aud": p.url + "/oauth/token", "exp": 9999999999, "iss": other.id, "sub": other.id, "jti": "",
		} {
			claims, form := c.claims(), c.request()
			claims[name] = value
			form.Set("client_assertion", c.assertion(claims))
			want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
		}
		form := c.request()
		c.push(form)
		want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
		form = c.request()
		form.Set("client_assertion", other.assertion(c.claims()))
		want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("21: answers with tokens are not to be kept", func(t *testing.T) {
		for _, a := range []answer{c.tokens(), c.redeem("x"), ask(c, "/oauth/introspect", "x"), c.post("/oauth/par", c.request())} {
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v", a.status, a.header)
			}
		}
	})
	t.Run("21: what a request says of its host changes nothing", func(t *testing.T) {
		for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
			request, err := http.NewRequest(http.MethodGet, p.url+"/.well-known/openid-configuration", nil)
			must(t, err)
			request.Header.Set(header, "evil.example")
			if header == "Host" {
				request.Host = "evil.example"
			}
			response, err := http.DefaultClient.Do(request)
			must(t, err)
			if a := read(t, response); a.text("issuer") != p.url || strings.Contains(a.text("token_endpoint"), "evil") {
				t.Errorf("%s: %v", header, a.body)
			}
		}
	})
	t.Run("22: no endpoint lets another site's script in with credentials", func(t *testing.T) {
		for _, path := range []string{"/oauth/authorize", "/oauth/token", "/oauth/par", "/oauth/userinfo", "/oauth/introspect"} {
			request, err := http.NewRequest(http.MethodOptions, p.url+path, nil)
			must(t, err)
			request.Header.Set("Origin", "https://evil.example")
			request.Header.Set("Access-Control-Request-Method", "POST")
			response, err := http.DefaultClient.Do(request)
			must(t, err)
			a := read(t, response)
			if a.header.Get("Access-Control-Allow-Credentials") != "" || a.header.Get("Access-Control-Allow-Origin") == "https://evil.example" || path == "/oauth/authorize" && a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %v", path, a.header)
			}
		}
	})
	t.Run("23: introspection tells a client of its own tokens and nobody else of any", func(t *testing.T) {
		token := c.tokens().text("access_token")
		for _, a := range []answer{ask(other, "/oauth/introspect", token), ask(c, "/oauth/introspect", rand.Text())} {
			if a.body["active"] != false || len(a.body) != 1 {
				t.Errorf("got %v", a.body)
			}
		}
		form := url.Values{"token": {token}, "client_id": {c.id}}
		want(t, c.post("/oauth/introspect", form), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("24: revoking a refresh token takes its access tokens along, and is the client's own to do", func(t *testing.T) {
		tokens := c.tokens()
		ask(other, "/oauth/revoke", tokens.text("refresh_token"))
		if !live(t, p, tokens.text("access_token")) {
			t.Error("another client revoked it")
		}
		want(t, ask(c, "/oauth/revoke", tokens.text("refresh_token")), http.StatusOK, "")
		if live(t, p, tokens.text("access_token")) {
			t.Error("the access token is still good")
		}
	})
	t.Run("25: a client does not choose whom a token speaks of", func(t *testing.T) {
		form := c.request()
		for name, value := range map[string]string{"sub": "someone", "claims": `{"id_token":{"sub":{"value":"someone"}}}`, "account": "someone", "id_token_hint": "x"} {
			form.Set(name, value)
		}
		a := c.redeem(c.consent(form, everything()))
		g, err := p.Introspect(t.Context(), a.text("access_token"))
		if err != nil || g.Account != aurora {
			t.Errorf("got %+v, %v", g, err)
		}
		want(t, c.post("/oauth/token", c.auth(url.Values{"grant_type": {"client_credentials"}})), http.StatusBadRequest, "unsupported_grant_type")
	})
	t.Run("28: a pushed request serves once, for its client, for ninety seconds", func(t *testing.T) {
		uri := c.push(c.request())
		_, err := p.Begin(t.Context(), other.query(uri), browser)
		lost(t, err)
		_, err = p.Begin(t.Context(), c.query(uri), browser)
		must(t, err)
		_, err = p.Begin(t.Context(), c.query(uri), browser)
		lost(t, err)
		uri = c.push(c.request())
		p.later(91 * time.Second)
		_, err = p.Begin(t.Context(), c.query(uri), browser)
		lost(t, err)
	})
	t.Run("29: a parameter that stands twice is refused everywhere", func(t *testing.T) {
		for _, path := range []string{"/oauth/par", "/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
			want(t, send(t, p.url+path, "application/x-www-form-urlencoded", "client_id=a&client_id=b&token=x"), http.StatusBadRequest, "invalid_request")
		}
		if _, err := p.Begin(t.Context(), c.query("x")+"&client_id=b", browser); err == nil {
			t.Error("it was begun")
		}
	})
}

func lost(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("it was begun")
	}
}
