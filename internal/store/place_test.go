package store

import (
	"context"

	"podmove/transfer"
)

// Place writes an item for a test, under a guid and, if it is a photo, a file
// name of the test's choice.
func (s *Store) Place(ctx context.Context, account int64, guid string, item transfer.Item, file string) error {
	shelf, err := shelfOf(item.Collection())
	if err != nil {
		return err
	}
	entry, err := transfer.Encode(guid, item)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		return s.put(ctx, shelf, account, []placed{{
			head: head{GUID: guid, Digest: entry.Digest, Size: int64(len(entry.Item))}, item: item, file: file,
		}})
	})
}
