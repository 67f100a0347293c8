package provider_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
)

func TestFlow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s)
		c := newParty(t, p)
		id := c.begin(c.request())
		d := everything()
		d.Limited, d.Choices.NoAddress = false, true
		d.Collections = []string{"contacts", "posts", "photos"}
		to, err := p.Decide(t.Context(), id, browser, p.person(), d)
		must(t, err)
		back, err := url.Parse(to)
		must(t, err)
		q := back.Query()
		if !strings.HasPrefix(to, c.back()+"?") || q.Get("state") != "state-of-the-login" || q.Get("iss") != p.url {
			t.Fatalf("sent back to %s", to)
		}
		first := c.redeem(q.Get("code"))
		if first.status != http.StatusOK || first.header.Get("Cache-Control") != "no-store" || first.text("scope") != "openid transfer:read transfer:move" {
			t.Fatalf("got %d %v", first.status, first.body)
		}
		checkIDToken(t, p, c, first)
		checkGrant(t, p, c, first.text("access_token"))

		second := c.refresh(first.text("refresh_token"))
		if second.status != http.StatusOK {
			t.Fatalf("got %d %v", second.status, second.body)
		}
		checkGrant(t, p, c, second.text("access_token"))
		checkIntrospection(t, p, c, second.text("access_token"))
		if a := c.use(http.MethodGet, "/oauth/userinfo", second.text("access_token")); a.text("sub") != aurora || a.text("acct") != "aurora@old.example" {
			t.Errorf("userinfo: %d %v", a.status, a.body)
		}
		if a := c.post("/oauth/revoke", c.auth(url.Values{"token": {second.text("refresh_token")}})); a.status != http.StatusOK {
			t.Errorf("revoke: %d %v", a.status, a.body)
		}
		for _, token := range []string{first.text("access_token"), second.text("access_token")} {
			if _, err := p.Introspect(t.Context(), token); !errors.Is(err, oauth.ErrToken) {
				t.Errorf("a revoked grant's access token: %v", err)
			}
		}
		want(t, c.refresh(second.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
		if n := c.asked.Load(); n != 1 {
			t.Errorf("the client's document was read %d times", n)
		}
	})
}

func checkIDToken(t *testing.T, p *pod, c *party, a answer) {
	t.Helper()
	var claims struct {
		Issuer  string   `json:"iss"`
		Subject string   `json:"sub"`
		Aud     []string `json:"aud"`
		Nonce   string   `json:"nonce"`
		Acct    string   `json:"acct"`
		Hash    string   `json:"at_hash"`
		Auth    int64    `json:"auth_time"`
		Expires int64    `json:"exp"`
	}
	must(t, keys.Verify(a.text("id_token"), "JWT", p.key.Public(), &claims))
	sum := sha256.Sum256([]byte(a.text("access_token")))
	switch {
	case claims.Issuer != p.url, claims.Subject != aurora, claims.Nonce != "nonce-of-the-login", claims.Acct != "aurora@old.example",
		claims.Hash != base64.RawURLEncoding.EncodeToString(sum[:16]),
		time.Since(time.Unix(claims.Auth, 0)) > time.Minute, claims.Expires <= time.Now().Unix():
		t.Errorf("claims %+v", claims)
	}
}

// checkGrant: what was granted is what was asked, narrowed by the person.
func checkGrant(t *testing.T, p *pod, c *party, token string) {
	t.Helper()
	g, err := p.Introspect(t.Context(), token)
	must(t, err)
	if g.Account != aurora || g.Client != c.id || !g.Has(oauth.ScopeMove) || !g.Choices.NoAddress || g.Details.Limited ||
		!slices.Equal(g.Details.Collections, []string{"profile", "blocks", "contacts", "posts", "photos"}) {
		t.Errorf("grant %+v", g)
	}
	if pinned, err := keys.ParseSet(g.Keys); err != nil || !keys.Shares(pinned, c.key.Public()) {
		t.Errorf("pinned keys %s, %v", g.Keys, err)
	}
}

func checkIntrospection(t *testing.T, p *pod, c *party, token string) {
	t.Helper()
	a := c.post("/oauth/introspect", c.auth(url.Values{"token": {token}}))
	raw, err := json.Marshal(a.body["authorization_details"])
	must(t, err)
	if a.body["active"] != true || a.text("sub") != aurora || a.text("aud") != p.url+"/transfer/v1" || !strings.Contains(string(raw), `"account_transfer"`) {
		t.Errorf("introspection %v", a.body)
	}
}

func TestIntrospection(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	tokens := c.tokens()
	access := tokens.text("access_token")
	ask := func(c *party, token string) answer {
		return c.post("/oauth/introspect", c.auth(url.Values{"token": {token}}))
	}
	inactive := func(t *testing.T, a answer) {
		t.Helper()
		if a.status != http.StatusOK || a.body["active"] != false || len(a.body) != 1 {
			t.Errorf("got %d %v", a.status, a.body)
		}
	}
	t.Run("tells another client nothing", func(t *testing.T) { inactive(t, ask(other, access)) })
	t.Run("tells nothing about a refresh token", func(t *testing.T) { inactive(t, ask(c, tokens.text("refresh_token"))) })
	t.Run("tells nothing about rubbish", func(t *testing.T) { inactive(t, ask(c, "a.b")) })
	t.Run("takes the client's own signature", func(t *testing.T) {
		own := c.key
		defer func() { c.key = own }()
		c.key = other.key
		want(t, ask(c, access), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("takes an assertion that names the client itself", func(t *testing.T) {
		form := c.auth(url.Values{"token": {access}})
		form.Del("client_id")
		if a := c.post("/oauth/introspect", form); a.body["active"] != true {
			t.Errorf("got %d %v", a.status, a.body)
		}
		form = other.auth(url.Values{"token": {access}})
		form.Del("client_id")
		inactive(t, other.post("/oauth/introspect", form))
		form.Set("client_assertion", "rubbish")
		inactive(t, other.post("/oauth/introspect", form))
	})
	t.Run("takes a token", func(t *testing.T) {
		want(t, ask(c, ""), http.StatusBadRequest, "invalid_request")
	})
	t.Run("takes a signature at all", func(t *testing.T) {
		want(t, c.post("/oauth/introspect", url.Values{"token": {access}, "client_id": {c.id}}), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("refuses a token whose signature was changed", func(t *testing.T) {
		head, tail, _ := strings.Cut(access, ".")
		for _, forged := range []string{head[:len(head)-2] + "AA." + tail, access + "A", tail, "." + tail} {
			if _, err := p.Introspect(t.Context(), forged); !errors.Is(err, oauth.ErrToken) {
				t.Errorf("%s: %v", forged, err)
			}
		}
	})
	t.Run("refuses an access token that has expired", func(t *testing.T) {
		p.later(31 * time.Minute)
		if _, err := p.Introspect(t.Context(), access); !errors.Is(err, oauth.ErrToken) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRevocation(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	access := c.tokens().text("access_token")
	t.Run("takes no other client's word", func(t *testing.T) {
		want(t, other.post("/oauth/revoke", other.auth(url.Values{"token": {access}})), http.StatusBadRequest, "invalid_grant")
		_, err := p.Introspect(t.Context(), access)
		must(t, err)
	})
	t.Run("answers 200 for an unknown token", func(t *testing.T) {
		if a := c.post("/oauth/revoke", c.auth(url.Values{"token": {"un.known"}})); a.status != http.StatusOK {
			t.Errorf("got %d %v", a.status, a.body)
		}
	})
	t.Run("can be done here, too", func(t *testing.T) {
		g, err := p.Introspect(t.Context(), access)
		must(t, err)
		must(t, p.Revoke(t.Context(), g.ID))
		if _, err := p.Introspect(t.Context(), access); !errors.Is(err, oauth.ErrToken) {
			t.Errorf("got %v", err)
		}
	})
}

func TestUserinfo(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	access := c.tokens().text("access_token")
	t.Run("takes the header only", func(t *testing.T) {
		a := get(t, p.url+"/oauth/userinfo?access_token="+access, "")
		want(t, a, http.StatusUnauthorized, "invalid_token")
		want(t, get(t, p.url+"/oauth/userinfo?access_token="+access, access), http.StatusUnauthorized, "invalid_token")
		if got := a.header.Get("WWW-Authenticate"); got != "Bearer" {
			t.Errorf("who brought no token is told %q", got)
		}
	})
	t.Run("says what is wrong with a token", func(t *testing.T) {
		a := get(t, p.url+"/oauth/userinfo", "made.up")
		want(t, a, http.StatusUnauthorized, "invalid_token")
		if got := a.header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
			t.Error(got)
		}
	})
	t.Run("answers POST like GET", func(t *testing.T) {
		if a := c.use(http.MethodPost, "/oauth/userinfo", access); a.status != http.StatusOK || a.text("sub") != aurora {
			t.Errorf("got %d %v", a.status, a.body)
		}
	})
}
