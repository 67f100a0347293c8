package provider_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
)

func TestPushRefuses(t *testing.T) {
	p := sqlitePod(t)
	pod, web := newParty(t, p), newParty(t, p).public()
	with := func(c *party, name, value string) url.Values {
		form := c.request()
		form.Set(name, value)
		return form
	}
	copying := func(name, value string) url.Values {
		form := pod.copying()
		form.Set(name, value)
		return form
	}
	for _, c := range []struct {
		name string
		form url.Values
		code string
	}{
		{"plain PKCE", with(pod, "code_challenge_method", "plain"), "invalid_request"},
		{"a request without PKCE", with(pod, "code_challenge", ""), "invalid_request"},
		{"a challenge that is no SHA-256", with(pod, "code_challenge", "short"), "invalid_request"},
		{"implicit answers", with(pod, "response_type", "token"), "unsupported_response_type"},
		{"hybrid answers", with(pod, "response_type", "code id_token"), "unsupported_response_type"},
		{"an answer in a fragment", with(pod, "response_mode", "fragment"), "unsupported_response_mode"},
		{"an answer by form_post", with(pod, "response_mode", "form_post"), "unsupported_response_mode"},
		{"a request object", with(pod, "request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"},
		{"a request object elsewhere", with(pod, "request_uri", pod.url), "request_uri_not_supported"},
		{"prompt=none", with(pod, "prompt", "none"), "login_required"},
		{"a short state", with(pod, "state", "short"), "invalid_request"},
		{"a short nonce", with(pod, "nonce", "short"), "invalid_request"},
		{"an unknown scope", with(pod, "scope", "openid transfer:read transfer:move admin"), "invalid_scope"},
		{"no resource", with(pod, "resource", ""), "invalid_target"},
		{"another pod's resource", with(pod, "resource", pod.url+"/transfer/v1"), "invalid_target"},
		{"a resource with a slash more", with(pod, "resource", p.url+"/transfer/v1/"), "invalid_target"},
		{"another path to be sent to", with(pod, "redirect_uri", pod.back()+"/"), "invalid_request"},
		{"a query more to be sent to", with(pod, "redirect_uri", pod.back()+"?x=1"), "invalid_request"},
		{"a dot segment to be sent to", with(pod, "redirect_uri", pod.url+"/oauth/./callback"), "invalid_request"},
		{"another host to be sent to", with(pod, "redirect_uri", web.back()), "invalid_request"},
		{"another loopback port to be sent to", with(pod, "redirect_uri", "http://127.0.0.1:9/oauth/callback"), "invalid_request"},
		{"localhost for 127.0.0.1", with(pod, "redirect_uri", strings.Replace(pod.back(), "127.0.0.1", "localhost", 1)), "invalid_request"},
		{"transfer:move from a client without a key", web.request(), "invalid_scope"},
		{"a move without transfer:move", with(pod, "scope", "openid transfer:read"), "invalid_scope"},
		{"transfer:move for a copy", copying("scope", "openid transfer:read transfer:move"), "invalid_scope"},
		{"a copy without transfer:read", copying("scope", "openid"), "invalid_scope"},
		{"a move to another host", with(pod, "authorization_details", strings.Replace(pod.details("move"), pod.host(), "else.example", 1)), "invalid_authorization_details"},
		{"details that are missing", with(pod, "authorization_details", ""), "invalid_authorization_details"},
		{"a parameter beyond all bounds", with(pod, "state", strings.Repeat("s", 9000)), "invalid_request"},
		{"no client_id", with(pod, "client_id", ""), "invalid_client"},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			a := pod.post("/oauth/par", c.form)
			if a.status/100 != 4 || a.text("error") != c.code {
				t.Errorf("got %d %v, want %s", a.status, a.body, c.code)
			}
		})
	}
	t.Run("refuses a parameter that stands twice", func(t *testing.T) {
		form := pod.request()
		form.Add("scope", "openid")
		want(t, pod.post("/oauth/par", form), http.StatusBadRequest, "invalid_request")
	})
	t.Run("refuses parameters in the address", func(t *testing.T) {
		want(t, pod.post("/oauth/par?client_id=x", pod.request()), http.StatusBadRequest, "invalid_request")
	})
	t.Run("refuses JSON", func(t *testing.T) {
		want(t, send(t, p.url+"/oauth/par", "application/json", "{}"), http.StatusBadRequest, "invalid_request")
	})
	t.Run("refuses a body beyond all bounds", func(t *testing.T) {
		a := send(t, p.url+"/oauth/par", "application/x-www-form-urlencoded", strings.Repeat("a", 70<<10))
		want(t, a, http.StatusBadRequest, "invalid_request")
	})
	t.Run("refuses GET", func(t *testing.T) {
		if a := get(t, p.url+"/oauth/par", ""); a.status != http.StatusMethodNotAllowed {
			t.Errorf("got %d", a.status)
		}
	})
	t.Run("takes a copy from a client without a key", func(t *testing.T) { web.push(web.copying()) })
	t.Run("passes over parameters that it does not know", func(t *testing.T) {
		pod.push(with(pod, "audience", "https://elsewhere.example"))
	})
}

func TestAssertionRefuses(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	change := func(name string, value any) string {
		claims := c.claims()
		claims[name] = value
		return c.assertion(claims)
	}
	typed := func(typ string) string {
		signed, err := keys.Sign(c.key, typ, c.claims())
		must(t, err)
		return signed
	}
	good := c.assertion(c.claims())
	for _, bad := range []struct{ name, assertion string }{
		{"the token endpoint as its audience", change("aud", p.url+"/oauth/token")},
		{"another server in its audience", change("aud", []string{p.url, "https://else.example"})},
		{"no audience", change("aud", nil)},
		{"another issuer", change("iss", other.id)},
		{"another subject", change("sub", other.id)},
		{"no jti", change("jti", "")},
		{"no exp", change("exp", nil)},
		{"an exp that is past", change("exp", p.now().Add(-6*time.Minute).Unix())},
		{"an exp of more than five minutes", change("exp", p.now().Add(11*time.Minute).Unix())},
		{"an exp in the year 2286", change("exp", 9999999999)},
		{"an exp beyond all numbers", change("exp", 1e300)},
		{"an iat in the future", change("iat", p.now().Add(time.Hour).Unix())},
		{"an nbf in the future", change("nbf", p.now().Add(time.Hour).Unix())},
		{"another client's signature", other.assertion(c.claims())},
		{"the type of a manifest", typed("podmove-manifest+jwt")},
		{"no signature", good[:strings.LastIndex(good, ".")+1]},
		{"the algorithm none", "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + "."},
		{"only rubbish", "rubbish"},
	} {
		t.Run("refuses one with "+bad.name, func(t *testing.T) {
			form := c.request()
			form.Set("client_assertion", bad.assertion)
			want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
		})
	}
	t.Run("refuses one that was used before", func(t *testing.T) {
		form := c.request()
		c.push(form)
		want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("lets no client use up another's jti", func(t *testing.T) {
		jti := rand.Text()
		for _, each := range []*party{other, c} {
			claims, form := each.claims(), each.request()
			claims["jti"] = jti
			form.Set("client_assertion", each.assertion(claims))
			each.push(form)
		}
	})
	t.Run("refuses a client with a key that brings none", func(t *testing.T) {
		form := c.request()
		form.Del("client_assertion")
		want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("takes the type that RFC 7523bis proposes", func(t *testing.T) {
		form := c.request()
		form.Set("client_assertion", typed("client-authentication+jwt"))
		c.push(form)
	})
}
