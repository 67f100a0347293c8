package storetest_test

import (
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

func TestEachOpensEmptyDatabase(t *testing.T) {
	for range 2 {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			if err := s.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
