package provider_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"podmove/internal/audit"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/provider"
	"podmove/transfer"
)

func TestConnected(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s)
		c := newParty(t, p)
		list := func() []provider.Connection {
			t.Helper()
			list, err := p.Connected(t.Context(), aurora)
			must(t, err)
			return list
		}
		tokens := c.tokens()
		connected := list()
		if len(connected) != 1 || connected[0].Host() != c.host() || !connected[0].Named() || connected[0].Redirect != c.host() || connected[0].Used.IsZero() {
			t.Fatalf("connected are %+v", connected)
		}
		grant := connected[0].ID
		t.Run("nobody else takes it back", func(t *testing.T) {
			code(t, p.Disconnect(t.Context(), admin, grant), transfer.NotFound)
			code(t, p.Disconnect(t.Context(), aurora, "another"), transfer.NotFound)
			if !live(t, p, tokens.text("access_token")) {
				t.Error("the token is good no more")
			}
		})
		t.Run("its person does, and the next request finds its token unknown", func(t *testing.T) {
			must(t, p.Disconnect(audit.By(t.Context(), audit.Person), aurora, grant))
			if a := get(t, p.url+"/oauth/userinfo", tokens.text("access_token")); a.status != http.StatusUnauthorized {
				t.Errorf("userinfo answers %d", a.status)
			}
			want(t, c.refresh(tokens.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
			if live(t, p, tokens.text("access_token")) || len(list()) != 0 {
				t.Error("it is connected still")
			}
			code(t, p.Disconnect(t.Context(), aurora, grant), transfer.NotFound)
		})
		t.Run("what has expired is not connected", func(t *testing.T) {
			c.tokens()
			if len(list()) != 1 {
				t.Fatal("not connected at first")
			}
			p.later(31 * 24 * time.Hour)
			if left := list(); len(left) != 0 {
				t.Errorf("connected are %+v", left)
			}
		})
		t.Run("a client whose id is no address is known by where its code went", func(t *testing.T) {
			registered := provider.Connection{}
			registered.Client, registered.Redirect = "c-12345", "app.example"
			if registered.Host() != "app.example" || registered.Named() {
				t.Errorf("it is %q", registered.Host())
			}
		})
	})
}

// TestConnectedPrograms: one that registered has no address for an id.
func TestConnectedPrograms(t *testing.T) {
	p := openPod(t)
	c := newProgram(t, p, "none")
	c.redeem(c.consent(c.copying(), everything()))
	list, err := p.Connected(t.Context(), aurora)
	must(t, err)
	if len(list) != 1 || list[0].Named() || list[0].Host() != c.host() || list[0].Client != c.id {
		t.Fatalf("connected are %+v", list)
	}
	must(t, p.Disconnect(audit.By(t.Context(), audit.Client), aurora, list[0].ID))
	rows, err := p.store.AuditBefore(t.Context(), aurora, 0, 1)
	must(t, err)
	if len(rows) != 1 || rows[0].Actor != "client "+c.host() {
		t.Errorf("written down is %+v", rows)
	}
}

// TestTheftIsWrittenDown: RFC 9700 §4.14.2.
func TestTheftIsWrittenDown(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	first := c.tokens()
	second := c.refresh(first.text("refresh_token"))
	want(t, c.refresh(second.text("refresh_token")), http.StatusOK, "")
	p.later(10 * time.Second)
	want(t, c.refresh(first.text("refresh_token")), http.StatusBadRequest, "invalid_grant")
	again := c.consent(c.request(), everything())
	c.redeem(again)
	c.redeem(again)
	c.post("/oauth/revoke", c.auth(map[string][]string{"token": {c.tokens().text("refresh_token")}}))
	rows, err := p.store.AuditRows(t.Context(), 0, 20)
	must(t, err)
	var kinds []audit.Kind
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	if !slices.Equal(kinds, []audit.Kind{audit.GrantGiven, audit.GrantStolen, audit.GrantGiven, audit.GrantStolen, audit.GrantGiven, audit.GrantRevoked}) {
		t.Errorf("the rows are %v", kinds)
	}
}
