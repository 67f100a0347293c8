package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/transfer"
)

func TestRegisteredFlow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s, open)
		for _, method := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"} {
			t.Run("goes all the way with "+method, func(t *testing.T) {
				c, other := newProgram(t, p, method), newProgram(t, p, "client_secret_post")
				first := c.copied()
				second := c.refresh(first.text("refresh_token"))
				if second.status != http.StatusOK {
					t.Fatalf("got %d %v", second.status, second.body)
				}
				access := second.text("access_token")
				g, err := p.Introspect(t.Context(), access)
				must(t, err)
				if g.Client != c.id || g.Has(oauth.ScopeMove) || g.Keys != nil {
					t.Errorf("%+v", g)
				}
				ask := c.post("/oauth/introspect", c.auth(url.Values{"token": {access}}))
				if method == "none" {
					want(t, ask, http.StatusUnauthorized, "invalid_client")
				} else if ask.body["active"] != true || ask.text("client_id") != c.id {
					t.Errorf("got %d %v", ask.status, ask.body)
				}
				if a := other.post("/oauth/introspect", other.auth(url.Values{"token": {access}})); a.body["active"] != false || len(a.body) != 1 {
					t.Errorf("another client is told %v", a.body)
				}
				want(t, other.post("/oauth/revoke", other.auth(url.Values{"token": {access}})), http.StatusBadRequest, "invalid_grant")
				if a := c.post("/oauth/revoke", c.auth(url.Values{"token": {access}})); a.status != http.StatusOK || live(t, p, access) {
					t.Errorf("got %d %v", a.status, a.body)
				}
			})
		}
	})
}

func TestClientSecret(t *testing.T) {
	p := openPod(t)
	c, post, none := newProgram(t, p, "client_secret_basic"), newProgram(t, p, "client_secret_post"), newProgram(t, p, "none")
	endpoints := map[string]url.Values{
		"/oauth/par": c.copying(), "/oauth/token": {"grant_type": {"refresh_token"}, "refresh_token": {"un.known"}},
		"/oauth/revoke": {"token": {"un.known"}}, "/oauth/introspect": {"token": {"un.known"}},
	}
	for path, form := range endpoints {
		form.Del("client_secret")
		form.Del("client_id")
		t.Run("is compared at "+path, func(t *testing.T) {
			for _, secret := range []string{"wrong", post.secret, c.token, c.secret + "x"} {
				a := c.basic(path, form, c.id, secret)
				want(t, a, http.StatusUnauthorized, "invalid_client")
				if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic realm=") {
					t.Errorf("the challenge is %q", a.header.Get("WWW-Authenticate"))
				}
			}
			want(t, c.basic(path, form, "client-"+strings.Repeat("A", 26), "x"), http.StatusUnauthorized, "invalid_client")
			want(t, c.basic(path, form, "a\x00b", "x"), http.StatusUnauthorized, "invalid_client")
			if a := c.basic(path, form, c.id, c.secret); a.status == http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != "" {
				t.Errorf("the right one: %d %v", a.status, a.body)
			}
		})
		t.Run("comes by the registered method only at "+path, func(t *testing.T) {
			form := url.Values{}
			for name, values := range endpoints[path] {
				form[name] = values
			}
			form.Set("client_id", c.id)
			form.Set("client_secret", c.secret)
			want(t, send(t, p.url+path, "application/x-www-form-urlencoded", form.Encode()), http.StatusUnauthorized, "invalid_client")
			form.Del("client_secret")
			want(t, send(t, p.url+path, "application/x-www-form-urlencoded", form.Encode()), http.StatusUnauthorized, "invalid_client")
			form.Del("client_id")
			want(t, post.basic(path, form, post.id, post.secret), http.StatusUnauthorized, "invalid_client")
			want(t, none.basic(path, form, none.id, "x"), http.StatusUnauthorized, "invalid_client")
		})
		t.Run("comes alone at "+path, func(t *testing.T) {
			form := url.Values{"client_secret": {c.secret}}
			for name, values := range endpoints[path] {
				form[name] = values
			}
			want(t, c.basic(path, form, c.id, c.secret), http.StatusBadRequest, "invalid_request")
			form.Del("client_secret")
			form.Set("client_assertion", "a.b.c")
			want(t, c.basic(path, form, c.id, c.secret), http.StatusBadRequest, "invalid_request")
			form.Del("client_assertion")
			form.Set("client_id", post.id)
			want(t, c.basic(path, form, c.id, c.secret), http.StatusBadRequest, "invalid_request")
		})
	}
	t.Run("is read form-urlencoded", func(t *testing.T) {
		form := url.Values{"token": {"un.known"}}
		request, err := http.NewRequest(http.MethodPost, p.url+"/oauth/introspect", strings.NewReader(form.Encode()))
		must(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		escaped := func(s string) (out string) {
			for _, b := range []byte(s) {
				out += fmt.Sprintf("%%%02X", b)
			}
			return out
		}
		request.SetBasicAuth(escaped(c.id), escaped(c.secret))
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		if a := read(t, response); a.body["active"] != false {
			t.Errorf("got %d %v", a.status, a.body)
		}
	})
	t.Run("of another client opens no code and no refresh token", func(t *testing.T) {
		code := c.consent(c.copying(), everything())
		form := post.redemption(code)
		form.Set("redirect_uri", c.back())
		form.Set("code_verifier", c.verifier)
		want(t, post.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
		a := c.redeem(code)
		if a.status != http.StatusOK {
			t.Fatalf("another client burnt the code: %v", a.body)
		}
		want(t, post.refresh(a.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
		want(t, post.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
		if !live(t, p, a.text("access_token")) {
			t.Error("another client's use of a code that was used revoked what came of it")
		}
	})
}

func TestRegisteredClient(t *testing.T) {
	p := openPod(t)
	for _, method := range []string{"client_secret_basic", "private_key_jwt", "none"} {
		t.Run("with "+method+" never moves an account", func(t *testing.T) {
			c := newProgram(t, p, method, map[string]any{"scope": "openid transfer:read transfer:move"})
			want(t, c.post("/oauth/par", c.request()), http.StatusBadRequest, "invalid_scope")
		})
	}
	t.Run("is sent back exactly where it said, though on another port of this machine", func(t *testing.T) {
		c := newProgram(t, p, "none")
		for _, elsewhere := range []string{"http://127.0.0.1:1/oauth/callback", c.back() + "/", c.back() + "?x"} {
			form := c.copying()
			form.Set("redirect_uri", elsewhere)
			want(t, c.post("/oauth/par", form), http.StatusBadRequest, "invalid_request")
		}
	})
	t.Run("that registered no refresh tokens gets none", func(t *testing.T) {
		c := newProgram(t, p, "none", map[string]any{"grant_types": []string{"authorization_code"}})
		if a := c.copied(); a.body["refresh_token"] != nil {
			t.Errorf("got %v", a.body)
		}
	})
	t.Run("is shown by where the answer goes, and as one of whom nothing is proved", func(t *testing.T) {
		c := newProgram(t, p, "client_secret_post")
		i, err := p.Interaction(t.Context(), c.begin(c.copying()), browser)
		must(t, err)
		if !i.Registered || i.Public || i.Host != c.host() || i.Name != "A backup" {
			t.Errorf("%+v", i)
		}
	})
}

// Programs that know OAuth and nothing of moves.
func TestPlainRequest(t *testing.T) {
	p := openPod(t)
	plain := func(c *party) url.Values {
		form := c.copying()
		form.Del("resource")
		form.Del("authorization_details")
		return form
	}
	for name, c := range map[string]*party{"a registered client": newProgram(t, p, "none"), "a client with a document": newParty(t, p).public()} {
		t.Run("of "+name+" asks for a copy of all but limited posts", func(t *testing.T) {
			g, err := p.Introspect(t.Context(), c.redeem(c.consent(plain(c), everything())).text("access_token"))
			must(t, err)
			if g.Details.Purpose != "copy" || g.Details.Limited || len(g.Details.Collections) != len(transfer.Collections()) {
				t.Errorf("%+v", g.Details)
			}
		})
	}
	t.Run("gets less if the person says so", func(t *testing.T) {
		c := newProgram(t, p, "client_secret_basic")
		g, err := p.Introspect(t.Context(), c.redeem(c.consent(plain(c), provider.Decision{Allow: true, Collections: []string{"profile"}})).text("access_token"))
		must(t, err)
		if strings.Join(g.Details.Collections, " ") != "profile" {
			t.Errorf("%+v", g.Details)
		}
	})
	t.Run("names no other resource", func(t *testing.T) {
		c := newProgram(t, p, "none")
		form := plain(c)
		form.Set("resource", "https://else.example/transfer/v1")
		want(t, c.post("/oauth/par", form), http.StatusBadRequest, "invalid_target")
	})
	t.Run("never is one for a move", func(t *testing.T) {
		c := newParty(t, p)
		for _, missing := range []string{"resource", "authorization_details"} {
			form := c.request()
			form.Del(missing)
			if a := c.post("/oauth/par", form); a.status != http.StatusBadRequest {
				t.Errorf("without %s: %d %v", missing, a.status, a.body)
			}
		}
	})
}
