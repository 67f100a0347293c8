package provider_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"podmove/internal/keys"
	"podmove/internal/pins"
	"podmove/internal/store/storetest"
)

// follower stands for who follows keys: it reads the document and keeps nothing.
func follower(p *pod) func(context.Context, string) ([]byte, error) { return p.PublishedKeys }

// publish has a client publish other keys.
func (c *party) publish(list ...keys.Key) { c.document["jwks"] = keys.SetOf(list...) }

// TestRotatedClientKey: a client whose key was rotated is known by what it
// publishes, as long as a pinned key is among that (Protocol §1.5).
func TestRotatedClientKey(t *testing.T) {
	p := sqlitePod(t)
	p.Follow = follower(p)
	c := newParty(t, p)
	old, fresh := c.key, key(t)
	code, had := c.consent(c.request(), everything()), c.tokens()
	c.key = fresh
	t.Run("it is refused as long as it does not publish the new key", func(t *testing.T) {
		a := c.refresh(had.text("refresh_token"))
		want(t, a, http.StatusUnauthorized, "invalid_client")
	})
	c.publish(fresh, old)
	t.Run("and redeems a code, refreshes, introspects and revokes when it does", func(t *testing.T) {
		want(t, c.redeem(code), http.StatusOK, "")
		had = c.refresh(had.text("refresh_token"))
		want(t, had, http.StatusOK, "")
		a := c.post("/oauth/introspect", c.auth(url.Values{"token": {had.text("access_token")}}))
		if a.body["active"] != true {
			t.Errorf("introspection answers %v", a.body)
		}
		want(t, c.post("/oauth/revoke", c.auth(url.Values{"token": {had.text("refresh_token")}})), http.StatusOK, "")
	})
}

// TestOtherClientKeys: keys that share none with the pinned ones get nothing,
// though the document at the client_id names them (Protocol §1.5).
func TestOtherClientKeys(t *testing.T) {
	p := sqlitePod(t)
	p.Follow = follower(p)
	c := newParty(t, p)
	code, had := c.consent(c.request(), everything()), c.tokens()
	c.key = key(t)
	c.publish(c.key)
	for what, try := range map[string]func() answer{
		"no code":    func() answer { return c.redeem(code) },
		"no refresh": func() answer { return c.refresh(had.text("refresh_token")) },
		"no introspection": func() answer {
			return c.post("/oauth/introspect", c.auth(url.Values{"token": {had.text("access_token")}}))
		},
	} {
		t.Run(what, func(t *testing.T) {
			a := try()
			want(t, a, http.StatusUnauthorized, "invalid_client")
			if !strings.Contains(a.text("error_description"), "none of the keys that were agreed on") {
				t.Errorf("it says %q", a.text("error_description"))
			}
		})
	}
}

// TestUnreadableClientKeys: a document that cannot be read just now is no sign of
// other keys; the client is to come back.
func TestUnreadableClientKeys(t *testing.T) {
	p := sqlitePod(t)
	p.Follow = func(context.Context, string) ([]byte, error) { return nil, errors.New("down") }
	c := newParty(t, p)
	had := c.tokens()
	c.key = key(t)
	a := c.refresh(had.text("refresh_token"))
	want(t, a, http.StatusServiceUnavailable, "temporarily_unavailable")
	if a.header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back") // Protocol §8
	}
}

// TestMarkedGrant: what was found out about a client's keys holds for each of its
// requests, also one that a pinned key signs.
func TestMarkedGrant(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			s := storetest.Open(t, dialect)
			p := newPod(t, s)
			c := newParty(t, p)
			had := c.tokens()
			grant, err := p.Introspect(t.Context(), had.text("access_token"))
			must(t, err)
			pin := pins.Pin{Kind: pins.Grant, ID: grant.ID}
			pin.Keys, pin.Differ = grant.Keys, p.now()
			must(t, s.SavePin(t.Context(), pin, grant.Keys))
			want(t, c.refresh(had.text("refresh_token")), http.StatusUnauthorized, "invalid_client")
			pin = pins.Pin{Kind: pins.Grant, ID: grant.ID}
			pin.Keys = grant.Keys
			must(t, s.SavePin(t.Context(), pin, grant.Keys))
			want(t, c.refresh(had.text("refresh_token")), http.StatusOK, "")
		})
	}
}
