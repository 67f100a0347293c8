package store_test

import (
	"errors"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/redirects"
	"podmove/transfer"
)

// TestNamesThatAreNoText: strangers choose these names, in addresses and in
// messages, and PostgreSQL refuses some that SQLite looks for.
func TestNamesThatAreNoText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, name := range []string{"aurora\x00", "\xff", "\xed\xa0\x80"} {
			_, named := s.AccountNamed(ctx, name)
			_, guid := s.AccountWithGUID(ctx, name)
			if !errors.Is(named, pod.ErrNoAccount) || !errors.Is(guid, pod.ErrNoAccount) {
				t.Errorf("an account %q: %v, %v", name, named, guid)
			}
			for _, kind := range []redirects.Kind{redirects.Person, redirects.Named, redirects.Feed} {
				if _, found, err := s.Find(ctx, redirects.Address{Kind: kind, Key: name}); found || err != nil {
					t.Errorf("a %s %q: %t, %v", kind, name, found, err)
				}
			}
			_, given := s.Transfer(ctx, name)
			_, departure := s.Departure(ctx, name)
			_, move := s.Move(ctx, name)
			_, from := s.MoveFrom(ctx, name, name)
			for _, err := range []error{given, departure, move, from} {
				if transfer.CodeOf(err) != transfer.NotFound {
					t.Errorf("a transfer or move %q: %v", name, err)
				}
			}
		}
	})
}
