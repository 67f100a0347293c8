package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"podmove/redirects"
	"podmove/transfer"
)

// owed queries what of a collection is still to be erased: what has a good
// receipt, is here as it was given (Protocol §5.3), and has not come back. The receipt is r, the
// item x.
func (s *Store) owed(ctx context.Context, d redirects.Departure, c transfer.Collection) *gorm.DB {
	sh, err := shelfOf(c)
	q := s.db(ctx).Table("transfer_receipts AS r")
	if err != nil {
		_ = q.AddError(err)
		return q
	}
	return q.Joins("JOIN "+sh.table()+" AS x ON x.account_id = ? AND x.guid = r.guid AND x.digest = r.digest", d.Account).
		Where("r.transfer_id IN (?) AND r.collection = ? AND r.outcome IN ? AND r.erased_at = 0 AND r.returned_at = 0", s.keptBy(ctx, d), c, arrived)
}

// Stale is redirects.Book's.
func (s *Store) Stale(ctx context.Context, d redirects.Departure, before, absent time.Time, limit int) (list []redirects.Owed, err error) {
	for _, c := range transfer.Collections() {
		columns := "r.collection, r.guid"
		if c == transfer.Photos {
			columns += ", x.bytes"
		}
		err := s.owed(ctx, d, c).Select(columns).
			Where("(r.held_at < ? OR (r.holding = ? AND r.held_at < ?))", millis(before), transfer.AbsentThere, millis(absent)).
			Order("r.guid").Limit(limit).Find(&list).Error
		if err != nil || len(list) > 0 {
			return list, translate(err)
		}
	}
	return nil, nil
}

// itemsAtOnce is how many items' bytes are in memory.
const itemsAtOnce = 50

// Items is redirects.Book's. No rows are held open while see runs, which may
// take its time over a photo.
func (s *Store) Items(ctx context.Context, account int64, c transfer.Collection, guids []string, see func(guid string, item []byte, content transfer.Digest) error) error {
	sh, err := shelfOf(c)
	if err != nil {
		return err
	}
	for len(guids) > 0 {
		n := min(len(guids), itemsAtOnce)
		list, err := s.entries(ctx, sh, account, guids[:n])
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := see(e.GUID, e.Item, e.content); err != nil {
				return err
			}
		}
		guids = guids[n:]
	}
	return nil
}

// An entry is an item's canonical bytes and, of a photo, what they name.
type entry struct {
	transfer.Entry
	content transfer.Digest
	bytes   int64
}

// entries are those of an account's items that are there and can be written.
func (s *Store) entries(ctx context.Context, sh shelf, account int64, guids []string) (list []entry, err error) {
	q := s.db(ctx).Table(sh.table()).Where("account_id = ? AND guid IN ?", account, guids)
	err = sh.read(q, func(h head, item transfer.Item) bool {
		e := entry{Entry: entryOf(h, item)}
		if photo, ok := item.(transfer.Photo); ok {
			e.content, e.bytes = photo.SHA256, photo.Size
		}
		if e.Unsendable == "" {
			list = append(list, e)
		}
		return true
	})
	return list, err
}

// Answered is redirects.Book's. An item stays listed from when it was first
// said to be edited or removed, as long as it is. What another process has erased
// meanwhile keeps the answer on which it was.
func (s *Store) Answered(ctx context.Context, d redirects.Departure, at time.Time, list []transfer.Holding) error {
	type kind struct {
		collection transfer.Collection
		state      transfer.HoldingState
	}
	guids := map[kind][]string{}
	for _, h := range list {
		k := kind{h.Collection, h.State}
		guids[k] = append(guids[k], h.GUID)
	}
	for k, some := range guids {
		listed := any(0)
		if k.state == transfer.EditedThere || k.state == transfer.RemovedThere {
			listed = gorm.Expr("CASE WHEN listed_at = 0 THEN CAST(? AS BIGINT) ELSE listed_at END", millis(at))
		}
		err := s.db(ctx).Table("transfer_receipts").
			Where("transfer_id IN (?) AND collection = ? AND guid IN ? AND outcome IN ? AND erased_at = 0", s.keptBy(ctx, d), k.collection, some, arrived).
			Updates(map[string]any{"holding": k.state, "held_at": millis(at), "listed_at": listed}).Error
		if err != nil {
			return translate(err)
		}
	}
	return translate(s.db(ctx).Table("transfers").Where("id = ?", d.ID).Update("asked_at", millis(at)).Error)
}

// Owing is redirects.Book's.
func (s *Store) Owing(ctx context.Context, d redirects.Departure, b redirects.Bound) (sum redirects.Owing, err error) {
	for _, c := range transfer.Collections() {
		var part struct{ Good, Unripe, Listed, Absent int64 }
		err := s.owed(ctx, d, c).Select(`
			count(CASE WHEN r.held_at >= ? AND r.holding IN ('held', 'edited', 'removed') THEN 1 END) AS good,
			count(CASE WHEN r.listed_at > ? THEN 1 END) AS unripe,
			coalesce(max(CASE WHEN r.listed_at > ? THEN r.listed_at END), 0) AS listed,
			count(CASE WHEN r.holding = 'absent' THEN 1 END) AS absent`,
			millis(b.Fresh), millis(b.Ripe), millis(b.Ripe)).Take(&part).Error
		if err != nil {
			return sum, translate(err)
		}
		sum.Good, sum.Unripe, sum.Absent = sum.Good+part.Good, sum.Unripe+part.Unripe, sum.Absent+part.Absent
		if listed := moment(part.Listed); listed.After(sum.Listed) {
			sum.Listed = listed
		}
	}
	return sum, nil
}

// Listed is redirects.Book's.
func (s *Store) Listed(ctx context.Context, id string, limit int) (list []transfer.Holding, err error) {
	err = s.db(ctx).Table("transfer_receipts").Select("collection, guid, holding AS state").
		Where("transfer_id = ? AND outcome IN ? AND erased_at = 0 AND returned_at = 0", id, arrived).
		Where("holding IN ?", []transfer.HoldingState{transfer.EditedThere, transfer.RemovedThere, transfer.AbsentThere}).
		Order("collection, guid").Limit(limit).Find(&list).Error
	return list, translate(err)
}

// Tallies is redirects.Book's.
func (s *Store) Tallies(ctx context.Context, id string) (list []redirects.Tally, err error) {
	err = s.db(ctx).Table("transfer_receipts").Select(`collection,
		count(CASE WHEN erased_at > 0 THEN 1 END) AS erased,
		count(CASE WHEN erased_at = 0 AND holding = '' THEN 1 END) AS unasked,
		count(CASE WHEN erased_at = 0 AND holding = 'held' THEN 1 END) AS held,
		count(CASE WHEN erased_at = 0 AND holding = 'edited' THEN 1 END) AS edited,
		count(CASE WHEN erased_at = 0 AND holding = 'removed' THEN 1 END) AS removed,
		count(CASE WHEN erased_at = 0 AND holding = 'absent' THEN 1 END) AS absent`).
		Where("transfer_id = ? AND outcome IN ? AND returned_at = 0", id, arrived).Group("collection").Order("collection").Find(&list).Error
	return list, translate(err)
}
