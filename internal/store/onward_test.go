package store_test

import (
	"testing"

	"podmove/transfer"
)

func TestLeaving(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, _ transfer.Writer) {
		first := depart(t, p, "https://there.example", nil)
		second := depart(t, p, "https://elsewhere.example", nil)
		must(t, p.s.DB(t.Context()).Exec("UPDATE transfers SET redirect_at = 2 WHERE id = ?", second.ID).Error)
		overtaken := func(id string, want bool) {
			t.Helper()
			l, err := p.s.Leaving(t.Context(), id)
			must(t, err)
			if l.Overtaken != want {
				t.Errorf("overtaken: %v", l.Overtaken)
			}
		}
		t.Run("is overtaken by a later one", func(t *testing.T) {
			overtaken(first.ID, true)
			overtaken(second.ID, false)
		})
		t.Run("and not by what completed it", func(t *testing.T) {
			must(t, p.s.DB(t.Context()).Exec("UPDATE transfers SET retries = ? WHERE id = ?", first.ID, second.ID).Error)
			overtaken(first.ID, false)
			must(t, p.s.DB(t.Context()).Exec("UPDATE transfers SET retries = '' WHERE id = ?", second.ID).Error)
		})
		t.Run("nor by one that was undone", func(t *testing.T) {
			must(t, p.s.DB(t.Context()).Exec("UPDATE transfers SET state = 'undone' WHERE id = ?", second.ID).Error)
			overtaken(first.ID, false)
		})
	})
}
