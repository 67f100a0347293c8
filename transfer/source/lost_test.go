package source_test

import (
	"context"
	"io"
	"syscall"
	"testing"

	"podmove/internal/blob"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
)

// holed are blobs of which some cannot be opened.
type holed struct {
	source.Blobs
	trouble map[string]error
}

func (h holed) Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error) {
	if err := h.trouble[sum]; err != nil {
		return nil, 0, err
	}
	return h.Blobs.Open(ctx, sum)
}

// TestUnreadable: a photo is missing only if its file is not there. Any other
// trouble with the disk may pass, and nothing is left behind because of it.
func TestUnreadable(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		plan := w.open(t, g)
		e := w.fixture.Entries[transfer.Photos][0]
		photo := must(transfer.Decode[transfer.Photo](e))(t)
		for name, tt := range map[string]struct {
			trouble error
			code    transfer.Code
		}{
			"a file that is not there":    {blob.ErrNotFound, transfer.ContentMissing},
			"a disk that cannot be read":  {syscall.EIO, transfer.Internal},
			"too many files open at once": {syscall.EMFILE, transfer.Internal},
		} {
			t.Run(name, func(t *testing.T) {
				o := w.options
				o.Blobs = holed{w.options.Blobs, map[string]error{string(photo.SHA256): tt.trouble}}
				_, err := source.New(o).Content(t.Context(), g, plan.Transfer, e.GUID)
				want(t, err, tt.code)
			})
		}
	})
}

func TestLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		details := w.grant().Details
		photo := must(transfer.Decode[transfer.Photo](w.fixture.Entries[transfer.Photos][0]))(t)
		blobs := holed{w.options.Blobs, map[string]error{}}
		o := w.options
		o.Blobs = blobs
		s := source.New(o)
		lost := func(d oauth.Details) int64 { return must(s.Lost(t.Context(), w.account.ID, d))(t) }
		t.Run("finds nothing wrong where all is there", func(t *testing.T) {
			if n := lost(details); n != 0 {
				t.Errorf("%d are lost", n)
			}
		})
		blobs.trouble[string(photo.SHA256)] = blob.ErrNotFound
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
