package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/transfer"
	"podmove/transfer/source"
)

var _ source.Records = (*Store)(nil)

// Mark is source.Records'.
func (s *Store) Mark(ctx context.Context, account int64) (seq int64, epoch string, err error) {
	var row struct {
		Seq   int64
		Epoch string
	}
	err = s.db(ctx).Table("accounts").Select("seq, coalesce((SELECT epoch FROM pod WHERE pod.id = 1), '') AS epoch").
		Where("accounts.id = ?", account).Take(&row).Error
	return row.Seq, row.Epoch, translate(err)
}

// Measure is source.Records'.
func (s *Store) Measure(ctx context.Context, sc source.Scope, c transfer.Collection) (transfer.CollectionPlan, error) {
	plan := transfer.CollectionPlan{Collection: c}
	sh, err := shelfOf(c)
	if err != nil {
		return plan, err
	}
	sums := "count(*) AS count, CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes"
	if c == transfer.Photos {
		sums += ", CAST(coalesce(sum(photos.bytes), 0) AS BIGINT) AS content_bytes"
	}
	var row struct{ Count, Bytes, ContentBytes int64 }
	err = s.live(ctx, sh, sc).Select(sums).Take(&row).Error
	plan.Count, plan.Bytes, plan.ContentBytes = row.Count, row.Bytes, row.ContentBytes
	return plan, translate(err)
}

// live queries the rows of a shelf that are within a scope.
func (s *Store) live(ctx context.Context, sh shelf, sc source.Scope) *gorm.DB {
	q := s.db(ctx).Table(sh.table()).Where(sh.table()+".account_id = ?", sc.Account)
	if in := within(sc, collectionOf(sh)); in.sql != "" {
		q = q.Where(in.sql, in.args...)
	}
	return q
}

// gone queries the tombstones that a scope shows.
func (s *Store) gone(ctx context.Context, sh shelf, sc source.Scope) *gorm.DB {
	w := goneWithin(sc, collectionOf(sh), sh.table())
	return s.db(ctx).Table("tombstones").Where(w.sql, w.args...)
}

// Digests is source.Records'.
func (s *Store) Digests(ctx context.Context, sc source.Scope, c transfer.Collection, add func(guid string, d transfer.Digest)) error {
	sh, err := shelfOf(c)
	if err != nil {
		return err
	}
	for after := ""; ; {
		var lines []standing
		q := s.live(ctx, sh, sc).Where("digest <> '' AND guid > ?", after)
		if err := q.Select("guid", "digest").Order("guid").Limit(digestsAtOnce).Find(&lines).Error; err != nil {
			return translate(err)
		}
		for _, l := range lines {
			add(l.GUID, l.Digest)
			after = l.GUID
		}
		if len(lines) < digestsAtOnce {
			return nil
		}
	}
}

// digestsAtOnce bounds what is in memory of a collection.
const digestsAtOnce = 2000

// Content is source.Records'.
func (s *Store) Content(ctx context.Context, sc source.Scope, photo string) (source.Content, error) {
	var row photoRow
	found := s.live(ctx, photos{}, sc).Where("guid = ?", photo).Limit(1).Find(&row)
	if found.Error == nil && found.RowsAffected == 0 {
		return source.Content{}, transfer.Errorf(transfer.NotFound, "there is no such photo")
	}
	return source.Content{SHA256: row.SHA256, Bytes: row.Bytes, Type: row.Type}, translate(found.Error)
}

// ChangedSince is source.Records'.
func (s *Store) ChangedSince(ctx context.Context, sc source.Scope, seq int64, limit int) (list []string, err error) {
	for _, c := range sc.Collections {
		sh, err := shelfOf(c)
		if err != nil {
			return nil, err
		}
		for _, q := range []*gorm.DB{s.live(ctx, sh, sc), s.gone(ctx, sh, sc)} {
			var some []string
			if len(list) >= limit {
				return list, nil
			}
			if err := q.Where("seq > ?", seq).Order("seq").Limit(limit-len(list)).Pluck("guid", &some).Error; err != nil {
				return nil, translate(err)
			}
			list = append(list, some...)
		}
	}
	return list, nil
}
