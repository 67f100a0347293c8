package provider_test

import (
	"context"
	"net/http"
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/provider"
)

// eventful is a Store in which something happens before each transaction.
type eventful struct {
	provider.Store
	before func()
}

func (e *eventful) InTx(ctx context.Context, fn func(context.Context) error) error {
	if happens := e.before; happens != nil {
		e.before = nil
		happens()
	}
	return e.Store.InTx(ctx, fn)
}

// TestRevokedMeanwhile: tokens are made before the transaction that keeps them,
// and whoever revokes the grant in between must not be passed over.
func TestRevokedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := &eventful{Store: s}
		p := newPod(t, s, func(o *provider.Options) { o.Store = rows })
		c := newParty(t, p).public()
		revoke := func() {
			list, err := s.Connected(t.Context(), aurora, p.now())
			must(t, err)
			if len(list) != 1 {
				t.Fatalf("%d grants are connected", len(list))
			}
			must(t, s.RevokeGrant(t.Context(), list[0].ID, p.now()))
		}
		gone := func(t *testing.T, a answer) {
			want(t, a, http.StatusBadRequest, "invalid_grant")
			if list, err := s.Connected(t.Context(), aurora, p.now()); err != nil || len(list) > 0 {
				t.Errorf("%d grants are connected, %v", len(list), err)
			}
		}
		t.Run("gives nothing for a code", func(t *testing.T) {
			code := c.consent(c.copying(), everything())
			rows.before = revoke
			gone(t, c.redeem(code))
		})
		t.Run("gives nothing for a refresh token", func(t *testing.T) {
			token := c.redeem(c.consent(c.copying(), everything())).text("refresh_token")
			rows.before = revoke
			gone(t, c.refresh(token))
		})
	})
}
