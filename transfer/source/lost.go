package source

import (
	"context"

	"podmove/oauth"
	"podmove/transfer"
)

// How many photos are looked at before a person agrees: they wait for the page.
const (
	lostLook = 2_000
	lostPage = 500
)

// Lost is how many photos, of those that the details would carry, cannot go
// along, because their bytes are missing or damaged here or they cannot be put
// into a form that travels. Of many photos it looks at those that changed first.
// Protocol §2.8: it is for the owner alone.
func (s *Service) Lost(ctx context.Context, account int64, d oauth.Details) (n int64, err error) {
	t := Transfer{Account: account, Purpose: transfer.Purpose(d.Purpose), Limited: d.Limited}
	if err := t.within(d, nil); err != nil || granted(t, transfer.Photos) != nil {
		return 0, err
	}
	if err := t.between(d); err != nil {
		return 0, err
	}
	for after, seen := int64(0), 0; seen < lostLook; {
		list, more, err := s.Records.Changes(ctx, t.Scope(), transfer.Photos, after, after, lostPage, transfer.MaxPageBytes)
		if err != nil {
			return n, err
		}
		for _, change := range list {
			if !s.whole(ctx, change.Entry) {
				n++
			}
			after, seen = change.Seq, seen+1
		}
		if !more || len(list) == 0 {
			break
		}
	}
	return n, nil
}

// whole reports whether a photo and its bytes can travel.
func (s *Service) whole(ctx context.Context, e transfer.Entry) bool {
	if e.Deleted {
		return true
	}
	photo, err := transfer.Decode[transfer.Photo](e)
	if err != nil || e.Unsendable != "" {
		return false
	}
	bytes, size, err := s.Blobs.Open(ctx, string(photo.SHA256))
	if err != nil {
		return false
	}
	return bytes.Close() == nil && size == photo.Size
}
