package store_test

import (
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
)

// RFC 9700 §4.14.2.
func TestNewPasswordEndsGrants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, other := newAccount(t, s, "aurora"), newAccount(t, s, "borealis")
		for id, guid := range map[string]string{"hers": a.GUID, "another's": other.GUID} {
			must(t, s.AddGrant(t.Context(), oauth.Grant{ID: id, Account: guid, Client: "https://new.example/oauth/client.json"}, time.Now()))
		}
		must(t, s.SetPassword(t.Context(), a.ID, "hash", time.Now()))
		for id, want := range map[string]bool{"hers": false, "another's": true} {
			if _, found, err := s.Grant(t.Context(), id); err != nil || found != want {
				t.Errorf("%s: found %v, %v", id, found, err)
			}
		}
	})
}
