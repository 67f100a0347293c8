package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"podmove/internal/keys"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/oauth/provider"
)

// by is the same client with another key for its proofs, or with none.
func (c *party) by(proof keys.Key) *party {
	return &party{t: c.t, pod: c.pod, url: c.url, id: c.id, key: c.key, document: c.document, verifier: c.verifier,
		proof: proof, prover: dpop.Prover{Now: c.pod.now}}
}

// plain is a copy by a client without proofs.
func (c *party) plain() *party {
	c.proof = keys.Key{}
	return c
}

func TestBound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s)
		c := newParty(t, p)
		other := c.by(key(t))
		t.Run("tokens are of the type DPoP, and stay so", func(t *testing.T) {
			first := c.tokens()
			second := c.refresh(first.text("refresh_token"))
			for _, a := range []answer{first, second} {
				g, err := p.Introspect(t.Context(), a.text("access_token"))
				if a.text("token_type") != "DPoP" || err != nil || g.Key != c.proof.ID() {
					t.Errorf("got %v bound to %q, %v", a.body, g.Key, err)
				}
			}
			checkBinding(t, c, second.text("access_token"))
		})
		t.Run("a code is good for the key that the request named", func(t *testing.T) {
			want(t, other.redeem(c.consent(c.request(), everything())), http.StatusBadRequest, "invalid_grant")
			want(t, c.by(keys.Key{}).redeem(c.consent(c.request(), everything())), http.StatusBadRequest, "invalid_dpop_proof")
		})
		t.Run("a refresh token is good for its key, and another's try costs nothing", func(t *testing.T) {
			token := c.tokens().text("refresh_token")
			want(t, other.refresh(token), http.StatusBadRequest, "invalid_grant")
			want(t, c.by(keys.Key{}).refresh(token), http.StatusBadRequest, "invalid_dpop_proof")
			want(t, c.refresh(token), http.StatusOK, "")
		})
		t.Run("a public client's refresh token is bound as well", func(t *testing.T) {
			public := newParty(t, p).public()
			public.proof = key(t)
			a := public.redeem(public.consent(public.copying(), everything()))
			want(t, public.by(key(t)).refresh(a.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
			want(t, public.by(keys.Key{}).refresh(a.text("refresh_token")), http.StatusBadRequest, "invalid_dpop_proof")
			want(t, public.refresh(a.text("refresh_token")), http.StatusOK, "")
		})
		t.Run("a client that lacks the nonce has used up nothing", func(t *testing.T) {
			code := c.consent(c.request(), everything())
			form := c.redemption(code)
			new := c.by(c.proof)
			a := new.postOnce("/oauth/token", form)
			want(t, a, http.StatusBadRequest, "use_dpop_nonce")
			if a.header.Get("DPoP-Nonce") == "" {
				t.Error("there is no nonce")
			}
			want(t, new.postOnce("/oauth/token", form), http.StatusOK, "") // code and assertion are the same
		})
		t.Run("a nonce of the resource is none here", func(t *testing.T) {
			c.use(http.MethodGet, "/oauth/userinfo", "x") // learns one there
			want(t, c.by(c.proof).postOnce("/oauth/token", c.redemption("x")), http.StatusBadRequest, "use_dpop_nonce")
		})
	})
}

func checkBinding(t *testing.T, c *party, token string) {
	t.Helper()
	a := c.post("/oauth/introspect", c.auth(map[string][]string{"token": {token}}))
	confirmation, _ := a.body["cnf"].(map[string]any)
	if a.text("token_type") != "DPoP" || confirmation["jkt"] != c.proof.ID() {
		t.Errorf("introspection says %v", a.body)
	}
	if a := get(t, c.pod.url+"/oauth/userinfo", token); a.status != http.StatusUnauthorized || !strings.Contains(a.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("as a bearer token: %d %v", a.status, a.header)
	}
	if a := c.by(key(t)).use(http.MethodGet, "/oauth/userinfo", token); a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `DPoP error="use_dpop_nonce"`) && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `DPoP error="invalid_token"`) {
		t.Errorf("by another key: %d %v", a.status, a.header)
	}
	want(t, c.use(http.MethodGet, "/oauth/userinfo", token), http.StatusOK, "")
}

func TestPushBinds(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	named := func(c *party, key string) answer {
		form := c.request()
		form.Set("dpop_jkt", key)
		return c.post("/oauth/par", form)
	}
	t.Run("takes a proof", func(t *testing.T) { want(t, c.post("/oauth/par", c.request()), http.StatusCreated, "") })
	t.Run("takes a name", func(t *testing.T) {
		want(t, named(c.by(keys.Key{}), c.proof.ID()), http.StatusCreated, "")
	})
	t.Run("takes both of one key", func(t *testing.T) { want(t, named(c, c.proof.ID()), http.StatusCreated, "") })
	t.Run("refuses two keys", func(t *testing.T) {
		want(t, named(c, key(t).ID()), http.StatusBadRequest, "invalid_dpop_proof")
	})
	t.Run("refuses a name that is none", func(t *testing.T) {
		want(t, named(c.by(keys.Key{}), "x"), http.StatusBadRequest, "invalid_request")
	})
	t.Run("refuses a move without either", func(t *testing.T) {
		want(t, c.by(keys.Key{}).post("/oauth/par", c.request()), http.StatusBadRequest, "invalid_dpop_proof")
	})
}

func TestBearer(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p).plain()
	t.Run("a copy without proofs is a bearer token that reads", func(t *testing.T) {
		a := c.redeem(c.consent(c.copying(), everything()))
		g, err := p.Introspect(t.Context(), a.text("access_token"))
		if a.text("token_type") != "bearer" || err != nil || g.Key != "" || g.Has(oauth.ScopeMove) {
			t.Errorf("got %v, %+v, %v", a.body, g, err)
		}
		want(t, c.refresh(a.text("refresh_token")), http.StatusOK, "")
	})
	t.Run("a client that promised proofs must bring them", func(t *testing.T) {
		promised := newParty(t, p).plain()
		promised.document["dpop_bound_access_tokens"] = true
		want(t, promised.post("/oauth/par", promised.copying()), http.StatusBadRequest, "invalid_dpop_proof")
	})
	t.Run("where the podmin asks for proofs there are no bearer tokens", func(t *testing.T) {
		old := c.redeem(c.consent(c.copying(), everything()))
		must(t, rebuild(p, func(o *provider.Options) { o.RequireDPoP = true }))
		want(t, c.post("/oauth/par", c.copying()), http.StatusBadRequest, "invalid_dpop_proof")
		want(t, c.refresh(old.text("refresh_token")), http.StatusBadRequest, "invalid_dpop_proof")
		if live(t, p, old.text("access_token")) {
			t.Error("an old one is still good")
		}
		if a := get(t, p.url+"/.well-known/oauth-protected-resource/transfer/v1", ""); a.body["dpop_bound_access_tokens_required"] != true {
			t.Errorf("the metadata say %v", a.body)
		}
	})
}
