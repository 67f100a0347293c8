package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"podmove/transfer"
)

// A Sweeper deletes old blobs that are not used. A blob.Store is one.
type Sweeper interface {
	Sweep(ctx context.Context, before time.Time, used func(ctx context.Context, sum string) (bool, error)) (int, error)
}

type blobRow struct {
	SHA256    transfer.Digest `gorm:"column:sha256"`
	Bytes     int64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// NoteBlob writes down that the bytes of that digest and size are kept, which
// they must be.
func (s *Store) NoteBlob(ctx context.Context, sum transfer.Digest, size int64) error {
	row := blobRow{sum, size, s.now().UnixMilli()}
	return translate(s.db(ctx).Table("blobs").Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "sha256"}},
		DoUpdates: clause.AssignmentColumns([]string{"bytes", "created_at"}),
	}).Create(&row).Error)
}

// heldBlobs are the sizes of those of the blobs that are kept.
func (s *Store) heldBlobs(ctx context.Context, sums []transfer.Digest) (map[transfer.Digest]int64, error) {
	held := make(map[transfer.Digest]int64, len(sums))
	err := inChunks(sums, func(chunk []transfer.Digest) error {
		var rows []blobRow
		if err := s.db(ctx).Table("blobs").Where("sha256 IN ?", chunk).Find(&rows).Error; err != nil {
			return translate(err)
		}
		for _, r := range rows {
			held[r.SHA256] = r.Bytes
		}
		return nil
	})
	return held, err
}

// SweepBlobs deletes the blobs that came before a time and that no photo names,
// and answers how many went. Bytes are kept ahead of the row that names them,
// so before must lie further back than that takes: a day.
func (s *Store) SweepBlobs(ctx context.Context, blobs Sweeper, before time.Time) (int, error) {
	return blobs.Sweep(ctx, before, func(ctx context.Context, sum string) (bool, error) {
		return s.keepBlob(ctx, sum, before)
	})
}

// keepBlob says whether a blob must stay. If not, it is forgotten here first: a
// blob without a row is fetched again, a row without its blob would be a photo
// without bytes.
func (s *Store) keepBlob(ctx context.Context, sum string, before time.Time) (bool, error) {
	q := s.db(ctx).Table("blobs").Where("sha256 = ? AND created_at < ?", sum, before.UnixMilli()).
		Where("NOT EXISTS (SELECT 1 FROM photos WHERE photos.sha256 = blobs.sha256)").Delete(nil)
	if q.Error != nil || q.RowsAffected > 0 {
		return false, translate(q.Error)
	}
	var known bool
	err := s.db(ctx).Raw("SELECT EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?) OR EXISTS (SELECT 1 FROM photos WHERE sha256 = ?)", sum, sum).Scan(&known).Error
	return known, translate(err)
}

// inHand is how long bytes are surely wanted after they came, though no photo
// names them yet: longer than a job may work at a page.
const inHand = 2 * time.Minute

// released stands for created_at of a blob whose photo was erased: it goes at
// once, unless another photo names it, or the same bytes come again.
const released = 0

// letGo releases the bytes of erased photos.
func (s *Store) letGo(ctx context.Context, sums []transfer.Digest) error {
	before := s.now().Add(-inHand).UnixMilli()
	return inChunks(sums, func(chunk []transfer.Digest) error {
		return translate(s.db(ctx).Table("blobs").Where("sha256 IN ? AND created_at < ?", chunk, before).Update("created_at", released).Error)
	})
}

// Drop deletes one blob unless it is used or was wanted a moment ago, and says
// whether it went.
type Drop func(ctx context.Context, sum string, used func(ctx context.Context, sum string) (bool, error)) (bool, error)

// DropReleased drops each blob that was released and that no photo names, and
// answers how many went.
func (s *Store) DropReleased(ctx context.Context, drop Drop) (n int, err error) {
	var sums []string
	err = s.db(ctx).Table("blobs").Where("created_at = ?", released).
		Where("NOT EXISTS (SELECT 1 FROM photos WHERE photos.sha256 = blobs.sha256)").Pluck("sha256", &sums).Error
	if err != nil {
		return 0, translate(err)
	}
	for _, sum := range sums {
		gone, err := drop(ctx, sum, func(ctx context.Context, sum string) (bool, error) {
			return s.keepBlob(ctx, sum, time.UnixMilli(released+1))
		})
		if err != nil {
			return n, err
		}
		if gone {
			n++
		}
	}
	return n, nil
}
