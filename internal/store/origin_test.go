package store_test

import (
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

func TestOrigin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("the first one stays", func(t *testing.T) {
			for _, asked := range []string{"https://old.example", "https://new.example"} {
				got, err := s.Origin(t.Context(), asked)
				must(t, err)
				if got != "https://old.example" {
					t.Errorf("asked with %s: %s", asked, got)
				}
			}
		})
	})
}
