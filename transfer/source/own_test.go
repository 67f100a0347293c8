package source_test

import (
	"testing"

	"podmove/transfer"
	"podmove/transfer/transfertest"
)

func TestOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
			if f.Owner == transfertest.Aurora {
				return w.Own(w.account.ID)
			}
			return w.Own(w.add(t, "borealis", nil, transfertest.Fixture{Entries: withoutPhotos(f)}).ID)
		})
		t.Run("holds no cursor of a client's", func(t *testing.T) {
			g := w.grant(copying)
			theirs := must(w.page(t, g, w.open(t, g).Transfer, transfer.Posts, "", 5))(t).Next
			_, err := w.Own(w.account.ID).Page(t.Context(), transfer.Posts, theirs, 5)
			want(t, err, transfer.CursorInvalid)
		})
	})
}
