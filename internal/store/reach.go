package store

import (
	"context"
	"maps"
	"slices"

	"podmove/transfer"
)

// A reach is who may see a photo and when it counts as made, both of which
// follow the posts that it hangs on (Protocol §3.6, §4.4).
type reach struct {
	GUID    string
	Public  bool
	Created int64 // milliseconds; anyTime if its posts are of different dates
	Posts   int64 // on which it hangs
}

// orphans says what becomes of photos that hang on no post any more.
type orphans int

const (
	leaveOrphans  orphans = iota // they are items of their own
	removeOrphans                // the person deletes the post with its photos
)

const reachSelect = `photos.guid, count(posts.id) AS posts, 
	CASE WHEN min(posts.created_at) <> max(posts.created_at) THEN CAST(? AS BIGINT) ELSE coalesce(max(posts.created_at), photos.created_at) END AS created,
	CASE WHEN count(posts.id) > 0 THEN max(CASE WHEN posts.public THEN 1 ELSE 0 END) = 1 ELSE photos.public END AS public`

// reaches are those of the account's photos among guids, sorted by guid.
func (s *Store) reaches(ctx context.Context, account int64, guids []string) (list []reach, err error) {
	slices.Sort(guids)
	err = inChunks(slices.Compact(guids), func(chunk []string) error {
		var some []reach
		err := s.among(ctx, "photos", account, "guid", chunk).Select(reachSelect, anyTime).
			Joins("LEFT JOIN post_photos ON post_photos.account_id = photos.account_id AND post_photos.photo = photos.guid").
			Joins("LEFT JOIN posts ON posts.id = post_photos.post_id").
			Group("photos.guid, photos.created_at, photos.public").Order("photos.guid").Find(&some).Error
		list = append(list, some...)
		return translate(err)
	})
	return list, err
}

// entombLeaving marks where posts were that get another date or audience, and
// so may leave somebody's scope (Protocol §4.4).
func (s *Store) entombLeaving(ctx context.Context, items []placed) error {
	again := map[string]transfer.Post{}
	for _, p := range items {
		if p.again {
			again[p.GUID] = p.item.(transfer.Post)
		}
	}
	if len(again) == 0 {
		return nil
	}
	were, err := s.wereAt(ctx, posts{}, items[0].AccountID, slices.Collect(maps.Keys(again)))
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(were, func(w reach) bool {
		now := again[w.GUID]
		return w.Public == now.Public && w.Created == now.CreatedAt.Time().UnixMilli()
	})
	return s.entomb(ctx, items[0].AccountID, transfer.Posts, left)
}

// hung names the photos of items, which are posts, and those of the rows that
// the items replace.
func (s *Store) hung(ctx context.Context, items []placed) (list []string, err error) {
	var again []string
	for _, p := range items {
		list = append(list, p.item.(transfer.Post).Photos...)
		if p.again {
			again = append(again, p.GUID)
		}
	}
	before, err := s.hungOn(ctx, items[0].AccountID, again)
	return append(list, before...), err
}

// hungOn names the photos of the account's posts among guids.
func (s *Store) hungOn(ctx context.Context, account int64, guids []string) (list []string, err error) {
	ids, err := s.ids(ctx, "posts", account, guids)
	if err != nil {
		return nil, err
	}
	err = inChunks(slices.Collect(maps.Values(ids)), func(chunk []int64) error {
		var some []string
		err := s.db(ctx).Table("post_photos").Where("post_id IN ?", chunk).Distinct().Pluck("photo", &some).Error
		list = append(list, some...)
		return translate(err)
	})
	return list, err
}

// rehang makes a change to posts on which photos hang. Whoever could read a
// photo and now cannot, or now can, has to hear of it: the photo takes a change
// number, and where it was before is marked by a tombstone (Protocol §4.4).
func (s *Store) rehang(ctx context.Context, account int64, guids []string, o orphans, change func() error) error {
	before, err := s.reaches(ctx, account, guids)
	if err != nil {
		return err
	}
	if err := change(); err != nil || len(before) == 0 {
		return err
	}
	after, err := s.reaches(ctx, account, guids)
	if err != nil {
		return err
	}
	var left []reach
	var touched, orphaned []string
	for i, now := range after { // the account's lock keeps both lists alike
		alone := now.Posts == 0 && o == removeOrphans
		if alone {
			orphaned = append(orphaned, now.GUID)
		} else {
			touched = append(touched, now.GUID)
		}
		if alone || now != before[i] || now.Created == anyTime {
			left = append(left, before[i])
		}
	}
	if err := s.entomb(ctx, account, transfer.Photos, left); err != nil {
		return err
	}
	if err := s.deleteRows(ctx, "photos", account, orphaned); err != nil {
		return err
	}
	return s.touch(ctx, account, touched)
}

// touch gives photos new change numbers.
func (s *Store) touch(ctx context.Context, account int64, guids []string) error {
	return s.byID(ctx, "photos", account, guids, func(ids []int64) error {
		first, err := s.numbers(ctx, account, len(ids))
		if err != nil {
			return err
		}
		return s.db(ctx).Exec(`UPDATE photos SET seq = numbered.seq FROM (
			SELECT id, CAST(? AS BIGINT) + row_number() OVER (ORDER BY id) AS seq FROM photos WHERE id IN ?
		) AS numbered WHERE photos.id = numbered.id`, first-1, ids).Error
	})
}

func (s *Store) deleteRows(ctx context.Context, table string, account int64, guids []string) error {
	return s.byID(ctx, table, account, guids, func(ids []int64) error {
		return s.db(ctx).Table(table).Where("id IN ?", ids).Delete(nil).Error
	})
}

// byID calls fn with the row ids of the account's items, a thousand at a time.
func (s *Store) byID(ctx context.Context, table string, account int64, guids []string, fn func(ids []int64) error) error {
	ids, err := s.ids(ctx, table, account, guids)
	if err != nil {
		return err
	}
	return inChunks(slices.Collect(maps.Values(ids)), func(chunk []int64) error { return translate(fn(chunk)) })
}
