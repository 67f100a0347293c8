package provider_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
)

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// live reports whether an access token is good.
func live(t *testing.T, p *pod, token string) bool {
	t.Helper()
	_, err := p.Introspect(t.Context(), token)
	if err != nil && !errors.Is(err, oauth.ErrToken) {
		t.Fatal(err)
	}
	return err == nil
}

func TestCode(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	fresh := func() string { return c.consent(c.request(), everything()) }
	with := func(code, name, value string) answer {
		form := c.redemption(code)
		form.Set(name, value)
		return c.post("/oauth/token", form)
	}
	t.Run("that comes again takes its tokens with it", func(t *testing.T) {
		code := fresh()
		first := c.redeem(code)
		want(t, c.redeem(code), http.StatusBadRequest, "invalid_grant")
		if live(t, p, first.text("access_token")) {
			t.Error("the access token is still good")
		}
		want(t, c.refresh(first.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
	})
	t.Run("takes the right verifier, and is burnt by a wrong one", func(t *testing.T) {
		code := fresh()
		want(t, with(code, "code_verifier", strings.Repeat("x", 43)), http.StatusBadRequest, "invalid_grant")
		want(t, c.redeem(code), http.StatusBadRequest, "invalid_grant")
	})
	t.Run("takes a verifier at all", func(t *testing.T) {
		want(t, with(fresh(), "code_verifier", ""), http.StatusBadRequest, "invalid_grant")
	})
	t.Run("is bound to its redirect URI", func(t *testing.T) {
		want(t, with(fresh(), "redirect_uri", c.back()+"?x"), http.StatusBadRequest, "invalid_grant")
	})
	t.Run("is bound to its client", func(t *testing.T) {
		code := fresh()
		form := other.redemption(code)
		form.Set("redirect_uri", c.back())
		form.Set("code_verifier", c.verifier)
		want(t, c.post("/oauth/token", form), http.StatusBadRequest, "invalid_grant")
		if a := c.redeem(code); a.status != http.StatusOK {
			t.Errorf("another client burnt the code: %v", a.body)
		}
	})
	t.Run("takes the client's signature", func(t *testing.T) {
		want(t, with(fresh(), "client_assertion", ""), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("is for one resource", func(t *testing.T) {
		want(t, with(fresh(), "resource", "https://else.example/transfer/v1"), http.StatusBadRequest, "invalid_target")
	})
	t.Run("refuses a secret from a client with a document", func(t *testing.T) {
		form := c.redemption(fresh())
		form.Del("client_assertion")
		a := c.basic("/oauth/token", form, c.id, "secret")
		want(t, a, http.StatusUnauthorized, "invalid_client")
		if got := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic realm=") {
			t.Errorf("the challenge is %q", got)
		}
		form.Set("client_secret", "secret")
		want(t, c.post("/oauth/token", form), http.StatusUnauthorized, "invalid_client")
	})
	for _, grant := range []string{"password", "client_credentials", "authorization_code refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
		t.Run("is the one way in, not "+grant, func(t *testing.T) {
			want(t, with(fresh(), "grant_type", grant), http.StatusBadRequest, "unsupported_grant_type")
		})
	}
	t.Run("is asked for by name", func(t *testing.T) {
		want(t, with(fresh(), "grant_type", ""), http.StatusBadRequest, "invalid_request")
		want(t, with(fresh(), "code", ""), http.StatusBadRequest, "invalid_request")
		want(t, with(fresh(), "grant_type", "refresh_token"), http.StatusBadRequest, "invalid_request")
	})
	t.Run("ends after a minute", func(t *testing.T) {
		code := fresh()
		p.later(61 * time.Second)
		want(t, c.redeem(code), http.StatusBadRequest, "invalid_grant")
	})
}

func TestPublicClient(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p).public()
	a := c.redeem(c.consent(c.copying(), everything()))
	if a.status != http.StatusOK {
		t.Fatalf("got %d %v", a.status, a.body)
	}
	g, err := p.Introspect(t.Context(), a.text("access_token"))
	must(t, err)
	if g.Has(oauth.ScopeMove) || !g.Has(oauth.ScopeRead) || len(g.Keys) != 0 {
		t.Errorf("%+v", g)
	}
	t.Run("names itself", func(t *testing.T) {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.text("refresh_token")}}
		want(t, c.post("/oauth/token", form), http.StatusUnauthorized, "invalid_client")
	})
	t.Run("asks for no introspection", func(t *testing.T) {
		want(t, c.post("/oauth/introspect", url.Values{"client_id": {c.id}, "token": {a.text("access_token")}}), http.StatusUnauthorized, "invalid_client")
	})
}

func TestRefresh(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	// rotated is a token, the one that replaced it, and that one's access token.
	rotated := func(t *testing.T) (old, successor, access string) {
		t.Helper()
		old = c.tokens().text("refresh_token")
		a := c.refresh(old)
		if a.status != http.StatusOK {
			t.Fatalf("got %d %v", a.status, a.body)
		}
		return old, a.text("refresh_token"), a.text("access_token")
	}
	refused := func(t *testing.T, a answer) { t.Helper(); want(t, a, http.StatusBadRequest, "invalid_grant") }

	t.Run("within five seconds is refused and revokes nothing", func(t *testing.T) {
		old, successor, access := rotated(t)
		p.later(3 * time.Second)
		refused(t, c.refresh(old))
		if !live(t, p, access) || c.refresh(successor).status != http.StatusOK {
			t.Error("the grant is gone")
		}
	})
	t.Run("after five seconds makes good for a lost answer, once", func(t *testing.T) {
		old, lost, access := rotated(t)
		p.later(10 * time.Second)
		again := c.refresh(old)
		if again.status != http.StatusOK {
			t.Fatalf("got %d %v", again.status, again.body)
		}
		if live(t, p, access) {
			t.Error("the access token of the lost answer is still good")
		}
		p.later(2 * time.Second)
		refused(t, c.refresh(old))
		if !live(t, p, again.text("access_token")) {
			t.Error("a resend revoked the grant")
		}
		p.later(10 * time.Second)
		refused(t, c.refresh(old))
		if live(t, p, again.text("access_token")) {
			t.Error("a third use revoked nothing")
		}
		refused(t, c.refresh(lost))
	})
	t.Run("by the lost answer's token, when it turns up after all, is theft", func(t *testing.T) {
		old, lost, _ := rotated(t)
		p.later(10 * time.Second)
		again := c.refresh(old)
		refused(t, c.refresh(lost))
		if live(t, p, again.text("access_token")) {
			t.Error("the grant stands")
		}
	})
	t.Run("after the successor's first use is theft", func(t *testing.T) {
		old, successor, _ := rotated(t)
		last := c.refresh(successor)
		p.later(10 * time.Second)
		refused(t, c.refresh(old))
		if live(t, p, last.text("access_token")) {
			t.Error("the grant stands")
		}
		refused(t, c.refresh(last.text("refresh_token")))
	})
	t.Run("after a minute is theft", func(t *testing.T) {
		old, _, access := rotated(t)
		p.later(61 * time.Second)
		refused(t, c.refresh(old))
		if live(t, p, access) {
			t.Error("the grant stands")
		}
	})
	t.Run("is bound to its client", func(t *testing.T) {
		token := c.tokens().text("refresh_token")
		want(t, other.refresh(token), http.StatusBadRequest, "invalid_grant")
		if a := c.refresh(token); a.status != http.StatusOK {
			t.Errorf("got %d %v", a.status, a.body)
		}
	})
	t.Run("never widens the scope", func(t *testing.T) {
		copying := c.redeem(c.consent(c.copying(), everything()))
		form := c.auth(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {copying.text("refresh_token")}, "scope": {"openid transfer:read transfer:move"}})
		want(t, c.post("/oauth/token", form), http.StatusBadRequest, "invalid_scope")
		form = c.auth(form)
		form.Set("scope", "transfer:read")
		want(t, c.post("/oauth/token", form), http.StatusOK, "") // the refusal used nothing up
	})
	t.Run("says again what was granted", func(t *testing.T) {
		if a := c.refresh(c.tokens().text("refresh_token")); a.body["authorization_details"] == nil {
			t.Errorf("got %v", a.body)
		}
	})
	t.Run("ends half a year after the consent, however often it was used", func(t *testing.T) {
		token := c.tokens().text("refresh_token")
		for range 6 {
			p.later(29 * 24 * time.Hour)
			a := c.refresh(token)
			want(t, a, http.StatusOK, "")
			token = a.text("refresh_token")
		}
		p.later(7 * 24 * time.Hour)
		refused(t, c.refresh(token))
	})
	t.Run("ends thirty days after the last one", func(t *testing.T) {
		token := c.tokens().text("refresh_token")
		p.later(31 * 24 * time.Hour)
		refused(t, c.refresh(token))
	})
}

// Several at once: at most one may win, whatever the database.
func TestParallel(t *testing.T) {
	const rounds, callers = 100, 8
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s)
		c := newParty(t, p).public() // an assertion or a proof alone would let one through
		race := func(forms []url.Values) (won int) {
			statuses := make([]int, len(forms))
			var wg sync.WaitGroup
			for i, form := range forms {
				wg.Go(func() {
					statuses[i] = c.postOnce("/oauth/token", form).status
				})
			}
			wg.Wait()
			for _, status := range statuses {
				switch status {
				case http.StatusOK:
					won++
				case http.StatusBadRequest:
				default:
					t.Errorf("a loser got %d", status)
				}
			}
			return won
		}
		repeat := func(make func() url.Values) (forms []url.Values) {
			for range callers {
				forms = append(forms, make())
			}
			return forms
		}
		for range rounds {
			code := c.consent(c.copying(), everything())
			if won := race(repeat(func() url.Values { return c.redemption(code) })); won > 1 {
				t.Fatalf("one code was redeemed %d times", won)
			}
			token := c.redeem(c.consent(c.copying(), everything())).text("refresh_token")
			refreshes := func() []url.Values {
				return repeat(func() url.Values {
					return c.auth(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
				})
			}
			if won := race(refreshes()); won != 1 {
				t.Fatalf("one refresh token was rotated %d times", won)
			}
			p.later(10 * time.Second)
			if won := race(refreshes()); won != 1 {
				t.Fatalf("one lost answer was made good for %d times", won)
			}
		}
	})
}

func TestSweep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s)
		c := newParty(t, p)
		access := c.tokens().text("access_token")
		must(t, p.Sweep(t.Context()))
		if !live(t, p, access) {
			t.Error("a good token was swept")
		}
		uri := c.push(c.request())
		p.later(25 * time.Hour)
		must(t, p.Sweep(t.Context()))
		if _, found, err := s.OAuthRow(t.Context(), "pushed", hashed(uri)); err != nil || found {
			t.Errorf("an old request is still there: %v", err)
		}
	})
}
