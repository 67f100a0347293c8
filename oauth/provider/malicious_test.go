package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
)

// TestMaliciousClient is a client that tries what RFC 9700 warns of. Each line
// has the number that it has in docs/security.md.
func TestMaliciousClient(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	pushed := func(change func(url.Values)) answer {
		form := c.request()
		change(form)
		return c.post("/oauth/par", form)
	}
	pushedWith := func(name, value string) answer { return pushed(func(f url.Values) { f.Set(name, value) }) }

	t.Run("1: a redirect URI that is not byte for byte the client's leads nowhere", func(t *testing.T) {
		for _, bent := range []string{
			c.back() + "/", c.back() + "?x=y", c.back() + "?", c.url + "/oauth/./callback", c.url + "/oauth/x/../callback",
			strings.Replace(c.back(), "127.0.0.1", "localhost", 1), "http://evil.example/oauth/callback", strings.ToUpper(c.back()),
			strings.Replace(c.back(), "http://", "http://evil@", 1), strings.Replace(c.back(), "callback", "%63allback", 1), c.back() + "#x", "",
		} {
			a := pushedWith("redirect_uri", bent)
			if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
				t.Errorf("%q: %d %v", bent, a.status, a.body)
			}
		}
	})
	t.Run("2: a loopback redirect URI may not vary its port", func(t *testing.T) {
		want(t, pushedWith("redirect_uri", "http://127.0.0.1:1/oauth/callback"), http.StatusBadRequest, "invalid_request")
		want(t, pushedWith("redirect_uri", "http://[::1]/oauth/callback"), http.StatusBadRequest, "invalid_request")
	})
	t.Run("3: a redirect URI with a fragment, a user name, another origin or scheme is refused with the client", func(t *testing.T) {
		for _, bend := range []func(c *party) string{
			func(c *party) string { return c.back() + "#x" },
			func(c *party) string { return strings.Replace(c.back(), "http://", "http://evil@", 1) },
			func(*party) string { return "http://evil.example/" },
			func(c *party) string { return "https://" + c.host() + "/oauth/callback" },
			func(*party) string { return "javascript:alert(1)" },
			func(*party) string { return "*" },
		} {
			bad := newParty(t, p) // the document of one that was good is kept for a while
			bad.document["redirect_uris"] = []string{bad.back(), bend(bad)}
			want(t, bad.post("/oauth/par", bad.request()), http.StatusUnauthorized, "invalid_client")
		}
	})
	t.Run("4: PKCE with S256 is asked of every client", func(t *testing.T) {
		public := newParty(t, p).public()
		for _, each := range []*party{c, public} {
			for _, bend := range []func(url.Values){
				func(f url.Values) { f.Del("code_challenge") }, func(f url.Values) { f.Set("code_challenge_method", "plain") },
				func(f url.Values) { f.Del("code_challenge_method") }, func(f url.Values) { f.Set("code_challenge", "short") },
				func(f url.Values) { f.Del("code_challenge"); f.Del("code_challenge_method") },
			} {
				form := each.copying()
				bend(form)
				want(t, each.post("/oauth/par", form), http.StatusBadRequest, "invalid_request")
			}
		}
	})
	t.Run("5: a code without its verifier, or with another's, is worth nothing and is burnt", func(t *testing.T) {
		for _, verifier := range []string{"", strings.Repeat("x", 43)} {
			code := c.consent(c.request(), everything())
			form := c.redemption(code)
			form.Set("code_verifier", verifier)
			want(t, c.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
			want(t, c.redeem(code), http.StatusBadRequest, "invalid_grant")
		}
	})
	t.Run("6: there is the code flow and no other", func(t *testing.T) {
		for _, kind := range []string{"token", "id_token", "code id_token", "code token", "id_token token", "none", ""} {
			want(t, pushedWith("response_type", kind), http.StatusBadRequest, "unsupported_response_type")
		}
		for _, grant := range []string{"password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange"} {
			want(t, c.post("/oauth/token", c.auth(url.Values{"grant_type": {grant}, "username": {"aurora"}, "password": {"x"}})), http.StatusBadRequest, "unsupported_grant_type")
		}
		a := get(t, p.url+"/.well-known/openid-configuration", "")
		if types, _ := a.body["response_types_supported"].([]any); len(types) != 1 || types[0] != "code" {
			t.Errorf("the metadata say %v", types)
		}
	})
	t.Run("7: every answer to the browser names the issuer, and the metadata promise it", func(t *testing.T) {
		allowed, err := p.Decide(t.Context(), c.begin(c.request()), browser, p.person(), everything())
		must(t, err)
		d := everything()
		d.Allow = false
		denied, err := p.Decide(t.Context(), c.begin(c.request()), browser, p.person(), d)
		must(t, err)
		for _, to := range []string{allowed, denied} {
			u, err := url.Parse(to)
			must(t, err)
			if got := u.Query()["iss"]; !slices.Equal(got, []string{p.url}) {
				t.Errorf("%q in %s", got, to)
			}
		}
		if a := get(t, p.url+"/.well-known/openid-configuration", ""); a.body["authorization_response_iss_parameter_supported"] != true {
			t.Error("it is not promised")
		}
	})
	t.Run("9: a code serves once, for a minute, for its client, redirect URI, verifier and key", func(t *testing.T) { codeOnce(t, p, c) })
	t.Run("10: a refresh token that comes again takes its family along", func(t *testing.T) {
		first := c.tokens()
		second := c.refresh(first.text("refresh_token"))
		want(t, c.refresh(second.text("refresh_token")), http.StatusOK, "")
		want(t, c.refresh(first.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
		if live(t, p, second.text("access_token")) {
			t.Error("its access token is still good")
		}
		old := c.tokens()
		p.later(31 * 24 * time.Hour)
		want(t, c.refresh(old.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
	})
	t.Run("11: the scope never grows when tokens are refreshed", func(t *testing.T) {
		copying := c.redeem(c.consent(c.copying(), everything()))
		form := c.auth(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {copying.text("refresh_token")}, "scope": {"openid transfer:read transfer:move"}})
		a := c.post("/oauth/token", form)
		if a.status == http.StatusOK && strings.Contains(a.text("scope"), "move") {
			t.Errorf("got %v", a.body)
		}
		want(t, a, http.StatusBadRequest, "invalid_scope")
	})
}

func codeOnce(t *testing.T, p *pod, c *party) {
	other := newParty(t, p)
	code := c.consent(c.request(), everything())
	form := other.redemption(code)
	form.Set("redirect_uri", c.back())
	form.Set("code_verifier", c.verifier)
	want(t, other.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
	form = c.redemption(c.consent(c.request(), everything()))
	form.Set("redirect_uri", c.back()+"/")
	want(t, c.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
	want(t, c.by(key(t)).redeem(c.consent(c.request(), everything())), http.StatusBadRequest, "invalid_grant")
	want(t, c.by(keys.Key{}).redeem(c.consent(c.request(), everything())), http.StatusBadRequest, "invalid_dpop_proof")

	used := c.consent(c.request(), everything())
	tokens := c.redeem(used)
	want(t, tokens, http.StatusOK, "")
	want(t, c.redeem(used), http.StatusBadRequest, "invalid_grant")
	if live(t, p, tokens.text("access_token")) {
		t.Error("a code came again and its access token is still good")
	}
	want(t, c.refresh(tokens.text("refresh_token")), http.StatusBadRequest, "invalid_grant")

	late := c.consent(c.request(), everything())
	p.later(61 * time.Second)
	want(t, c.redeem(late), http.StatusBadRequest, "invalid_grant")
}
