package store_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/provider"
)

func TestClients(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Millisecond)
		add := func(id string, at time.Time) provider.Registered {
			t.Helper()
			c := provider.Registered{ID: id, Secret: "s", Token: "t", Metadata: []byte(`{"a":"<"}`), CreatedAt: at}
			must(t, s.AddClient(ctx, c))
			return c
		}
		there := func(t *testing.T, id string, want bool) {
			t.Helper()
			if _, found, err := s.Client(ctx, id); err != nil || found != want {
				t.Errorf("%s is there: %v, %v", id, found, err)
			}
		}
		t.Run("come back as they were", func(t *testing.T) {
			c := add("a", now)
			got, found, err := s.Client(ctx, "a")
			if err != nil || !found || !reflect.DeepEqual(got, c) {
				t.Errorf("%+v %v %v", got, found, err)
			}
			there(t, "nobody", false)
		})
		t.Run("have one name each", func(t *testing.T) {
			if err := s.AddClient(ctx, provider.Registered{ID: "a", Metadata: []byte("{}")}); !errors.Is(err, store.ErrConflict) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("can be held only while they are there, and dropped once", func(t *testing.T) {
			for _, want := range []bool{true, false} {
				if found, err := s.KeepClient(ctx, "a", now); err != nil || found != want {
					t.Errorf("held: %v, %v", found, err)
				}
				if won, err := s.DropClient(ctx, "a"); err != nil || won != want {
					t.Errorf("dropped: %v, %v", won, err)
				}
			}
		})
		t.Run("have the grants that are not revoked", func(t *testing.T) {
			for id, client := range map[string]string{"1": "b", "2": "b", "3": "b", "4": "c"} {
				must(t, s.AddGrant(ctx, oauth.Grant{ID: id, Client: client}, now))
			}
			must(t, s.RevokeGrant(ctx, "2", now))
			if ids, err := s.GrantsTo(ctx, "b"); err != nil || !slices.Equal(ids, []string{"1", "3"}) {
				t.Errorf("%v, %v", ids, err)
			}
		})
		t.Run("are swept when nobody has use for them", func(t *testing.T) {
			old := now.Add(-200 * 24 * time.Hour)
			for _, id := range []string{"b", "unused", "idle"} {
				add(id, old)
			}
			add("new", now)
			_, err := s.KeepClient(ctx, "idle", old)
			must(t, err)
			must(t, s.AddOAuthRows(ctx, provider.Row{Kind: provider.KindRefresh, Signature: "x", Grant: "1", Client: "b", Active: true, Body: []byte("{}"), ExpiresAt: now.Add(time.Hour)}))
			must(t, s.AddOAuthRows(ctx, provider.Row{Kind: provider.KindPushed, Signature: "x", Grant: "no consent", Client: "unused", Active: true, Body: []byte("{}"), ExpiresAt: now.Add(time.Hour)}))
			must(t, s.SweepClients(ctx, now, now.Add(-24*time.Hour), now.Add(-90*24*time.Hour)))
			for id, want := range map[string]bool{"b": true, "new": true, "unused": false, "idle": false} {
				there(t, id, want)
			}
		})
	})
}
