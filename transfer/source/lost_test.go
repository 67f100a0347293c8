package source_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
)

// holed are blobs of which some are gone.
type holed struct {
	source.Blobs
	gone map[string]bool
}

func (h holed) Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error) {
	if h.gone[sum] {
		return nil, 0, errors.New("the file is gone")
	}
	return h.Blobs.Open(ctx, sum)
}

func TestLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		details := w.grant().Details
		photo := must(transfer.Decode[transfer.Photo](w.fixture.Entries[transfer.Photos][0]))(t)
		blobs := holed{w.options.Blobs, map[string]bool{}}
		o := w.options
		o.Blobs = blobs
		s := source.New(o)
		lost := func(d oauth.Details) int64 { return must(s.Lost(t.Context(), w.account.ID, d))(t) }
		t.Run("finds nothing wrong where all is there", func(t *testing.T) {
			if n := lost(details); n != 0 {
				t.Errorf("%d are lost", n)
			}
		})
		blobs.gone[string(photo.SHA256)] = true
		t.Run("counts photos whose bytes are missing", func(t *testing.T) {
			if n := lost(details); n < 1 || n > int64(len(w.fixture.Entries[transfer.Photos])) {
				t.Errorf("%d are lost", n)
			}
		})
		t.Run("looks at none where photos do not go along", func(t *testing.T) {
			d := details
			d.Collections = []string{"profile", "posts"}
			if n := lost(d); n != 0 {
				t.Errorf("%d are lost", n)
			}
		})
	})
}
