package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"podmove/transfer"
	"podmove/transfer/source"
)

// lineBytes is about what an entry takes beside its item and guid.
const lineBytes = 120

// A change is an item as it was read, with what its row says of it.
type change struct {
	source.Change
	stored transfer.Digest
	size   int
}

// Changes is source.Records'. Rows and tombstones are read one after the other,
// both up to one change number, below which nothing can be written any more:
// what changes in between takes a later number and comes another time.
func (s *Store) Changes(ctx context.Context, sc source.Scope, c transfer.Collection, after, floor int64, limit, maxBytes int) ([]source.Change, bool, error) {
	sh, err := shelfOf(c)
	if err != nil {
		return nil, false, err
	}
	mark, _, err := s.Mark(ctx, sc.Account)
	if err != nil {
		return nil, false, err
	}
	list, err := s.changed(ctx, sh, sc, after, mark, limit, maxBytes)
	if err != nil {
		return nil, false, err
	}
	if err := s.mend(ctx, sh, sc.Account, list); err != nil {
		return nil, false, err
	}
	gone, err := s.deleted(ctx, sh, sc, max(after, floor), mark, limit)
	if err != nil {
		return nil, false, err
	}
	list = append(list, gone...)
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.Seq, b.Seq) })
	page, more := cut(list, limit, maxBytes)
	return page, more, nil
}

// changed reads live items, in order, and one more than fit.
func (s *Store) changed(ctx context.Context, sh shelf, sc source.Scope, after, mark int64, limit, maxBytes int) (list []change, err error) {
	bytes := 0
	err = sh.read(s.pageQuery(ctx, sh, sc, after, mark, limit), func(h head, item transfer.Item) bool {
		e := entryOf(h, item)
		list = append(list, change{source.Change{Seq: h.Seq, Entry: e}, h.Digest, len(e.Item)})
		bytes += weight(e)
		return bytes <= maxBytes || len(list) == 1
	})
	return list, err
}

// pageQuery finds rows by the index on (account_id, seq): the last page costs
// what the first does.
func (s *Store) pageQuery(ctx context.Context, sh shelf, sc source.Scope, after, mark int64, limit int) *gorm.DB {
	return s.live(ctx, sh, sc).Where("seq > ? AND seq <= ?", after, mark).Order("seq").Limit(limit + 1)
}

func weight(e transfer.Entry) int { return lineBytes + len(e.GUID) + len(e.Item) }

// entryOf is what a row is on the wire. A row that was written past this
// program may hold what cannot travel.
func entryOf(h head, item transfer.Item) transfer.Entry {
	e, err := transfer.Encode(h.GUID, item)
	if err == nil && len(e.Item) > source.MaxItemBytes {
		err = transfer.Errorf(transfer.TooLarge, "the item has more than %d bytes", source.MaxItemBytes)
	}
	if err != nil {
		return transfer.Entry{GUID: h.GUID, Unsendable: transfer.CodeOf(err)}
	}
	return e
}

// deleted reads tombstones, in order, and one more than fit.
func (s *Store) deleted(ctx context.Context, sh shelf, sc source.Scope, after, mark int64, limit int) (list []change, err error) {
	if after >= mark {
		return nil, nil
	}
	var rows []tombstoneRow
	q := s.gone(ctx, sh, sc).Where("seq > ? AND seq <= ?", after, mark).Order("seq").Limit(limit + 1)
	if err := q.Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	for _, r := range rows {
		list = append(list, change{Change: source.Change{Seq: r.Seq, Entry: transfer.Entry{GUID: r.GUID, Deleted: true}}})
	}
	return list, nil
}

// cut is the page that fits, of at least one entry if there is any.
func cut(list []change, limit, maxBytes int) (page []source.Change, more bool) {
	bytes := 0
	for _, c := range list {
		bytes += weight(c.Entry)
		if len(page) > 0 && (len(page) == limit || bytes > maxBytes) {
			return page, true
		}
		page = append(page, c.Change)
	}
	return page, false
}

// mend corrects the digests of rows that were written past this program, so
// that the manifest says what the pages said.
func (s *Store) mend(ctx context.Context, sh shelf, account int64, list []change) error {
	for _, c := range list {
		if c.stored == c.Entry.Digest {
			continue
		}
		err := s.db(ctx).Table(sh.table()).
			Where("account_id = ? AND guid = ? AND seq = ?", account, c.Entry.GUID, c.Seq).
			Updates(map[string]any{"digest": c.Entry.Digest, "size": c.size}).Error
		if err != nil {
			return translate(err)
		}
	}
	return nil
}
