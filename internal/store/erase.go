package store

import (
	"cmp"
	"context"

	"gorm.io/gorm"

	"podmove/redirects"
	"podmove/transfer"
)

// Erase is redirects.Book's.
func (s *Store) Erase(ctx context.Context, d redirects.Departure, b redirects.Bound, limit int) (int, error) {
	for _, c := range []transfer.Collection{transfer.Posts, transfer.Photos} {
		if n, err := s.eraseSome(ctx, d, c, b, limit); n > 0 || err != nil {
			return n, err
		}
	}
	if left, err := s.hasPostsOrPhotos(ctx, d.Account); left || err != nil {
		return 0, err
	}
	for _, c := range []transfer.Collection{transfer.Contacts, transfer.Aspects, transfer.Blocks, transfer.Profiles} {
		if n, err := s.eraseSome(ctx, d, c, b, limit); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// eraseLast erases what waited for the last post or photo of an account that has
// moved away (Protocol §5.3), once that is deleted. The latest departure ended
// only after the new pod had proved what it holds of it. It runs under the
// account's lock.
func (s *Store) eraseLast(ctx context.Context, account int64) error {
	if active, err := s.Active(ctx, account); err != nil || active {
		return err
	}
	left, err := s.hasPostsOrPhotos(ctx, account)
	if err != nil || left {
		return err
	}
	list, err := s.DeparturesOf(ctx, account)
	if err != nil || len(list) == 0 || list[len(list)-1].State != transfer.Erased {
		return err
	}
	for n := 1; n > 0 && err == nil; {
		n, err = s.Erase(ctx, list[len(list)-1], redirects.Bound{Ripe: s.now()}, itemsPerErasing)
	}
	return err
}

// itemsPerErasing bounds one statement.
const itemsPerErasing = 500

// confirmed narrows owed to what the new pod has proved to hold, and to what
// its owner edited or removed there and could see listed long enough
// (Protocol §7.3).
func confirmed(owed *gorm.DB, b redirects.Bound) *gorm.DB {
	return owed.Where("r.held_at >= ? AND (r.holding = 'held' OR (r.holding IN ('edited', 'removed') AND r.listed_at <= ?))",
		millis(b.Fresh), millis(b.Ripe))
}

// eraseSome erases one collection, up to a limit.
func (s *Store) eraseSome(ctx context.Context, d redirects.Departure, c transfer.Collection, b redirects.Bound, limit int) (int, error) {
	q := confirmed(s.owed(ctx, d, c), b)
	if c == transfer.Photos { // Protocol §7.6
		q = q.Where("NOT EXISTS (SELECT 1 FROM post_photos WHERE post_photos.account_id = x.account_id AND post_photos.photo = x.guid)")
	}
	if c == transfer.Posts { // a photo that did not arrive is as visible as its posts (Protocol §3.6, §5.3)
		q = q.Where(`NOT EXISTS (SELECT 1 FROM post_photos AS hung JOIN photos ON photos.account_id = hung.account_id AND photos.guid = hung.photo
			JOIN transfer_receipts AS lost ON lost.transfer_id = ? AND lost.collection = ? AND lost.guid = photos.guid AND lost.outcome IN ?
			WHERE hung.post_id = x.id AND `+notSince("lost")+")", cmp.Or(d.Retries, d.ID), transfer.Photos, notArrived, wentAway, arrived)
	}
	var guids []string
	if err := q.Order("r.guid").Limit(limit).Pluck("r.guid", &guids).Error; err != nil || len(guids) == 0 {
		return 0, translate(err)
	}
	if err := s.eraseRows(ctx, d.Account, c, guids); err != nil {
		return 0, err
	}
	err := s.db(ctx).Table("transfer_receipts").Where("transfer_id IN (?) AND collection = ? AND guid IN ? AND outcome IN ?", s.keptBy(ctx, d), c, guids, arrived).
		Update("erased_at", s.now().UnixMilli()).Error
	if err != nil {
		return 0, translate(err)
	}
	return len(guids), translate(s.db(ctx).Table("stubs").Where("transfer_id IN (?) AND collection = ? AND guid IN ?", s.keptBy(ctx, d), c, guids).
		Update("erased", true).Error)
}

// eraseRows removes rows for good: no tombstones and no change numbers
// (Protocol §4.1). The bytes of photos are released. Of the profile, which every
// account has, an empty one stays.
func (s *Store) eraseRows(ctx context.Context, account int64, c transfer.Collection, guids []string) error {
	if c == transfer.Profiles {
		return s.blankProfile(ctx, account)
	}
	sh, err := shelfOf(c)
	if err != nil {
		return err
	}
	var sums []transfer.Digest
	if c == transfer.Photos {
		q := s.db(ctx).Table("photos").Where("account_id = ? AND guid IN ?", account, guids)
		if err := q.Distinct().Pluck("sha256", &sums).Error; err != nil {
			return translate(err)
		}
	}
	if err := s.deleteRows(ctx, sh.table(), account, guids); err != nil {
		return err
	}
	return s.letGo(ctx, sums)
}

func (s *Store) blankProfile(ctx context.Context, account int64) error {
	var h head
	if err := s.db(ctx).Table("profiles").Where("account_id = ?", account).Take(&h).Error; err != nil {
		return translate(err)
	}
	empty := transfer.Profile{}
	e, err := transfer.Encode(h.GUID, empty)
	if err != nil {
		return err
	}
	h.Digest, h.Size = e.Digest, int64(len(e.Item))
	return profiles{}.save(ctx, s, []placed{{head: h, item: empty}})
}

// hasPostsOrPhotos: while anything is left, so are the people who see it
// (Protocol §5.3).
func (s *Store) hasPostsOrPhotos(ctx context.Context, account int64) (left bool, err error) {
	err = s.db(ctx).Raw("SELECT EXISTS (SELECT 1 FROM posts WHERE account_id = ?) OR EXISTS (SELECT 1 FROM photos WHERE account_id = ?)", account, account).Scan(&left).Error
	return left, translate(err)
}
