package store

import (
	"context"
	"math"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/transfer"
)

// anyTime as a tombstone's date means that it was at several, and lies within
// all bounds.
const anyTime int64 = math.MinInt64

// A tombstoneRow tells readers that an item is gone from where they could see
// it: deleted, or, if a row of the same guid is still there, out of their scope.
type tombstoneRow struct {
	AccountID  int64
	Collection transfer.Collection
	GUID       string
	Seq        int64
	Public     bool
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	DeletedAt  int64
}

// entomb marks where items were.
func (s *Store) entomb(ctx context.Context, account int64, c transfer.Collection, were []reach) error {
	if len(were) == 0 {
		return nil
	}
	first, err := s.numbers(ctx, account, len(were))
	if err != nil {
		return err
	}
	rows := make([]tombstoneRow, len(were))
	for i, w := range were {
		rows[i] = tombstoneRow{
			AccountID: account, Collection: c, GUID: w.GUID, Seq: first + int64(i),
			Public: w.Public, CreatedAt: w.Created, DeletedAt: s.now().UnixMilli(),
		}
	}
	// An item may go twice, from different places, before a reader hears of it:
	// such a tombstone is shown wherever it was.
	return translate(s.db(ctx).Table("tombstones").Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "account_id"}, {Name: "collection"}, {Name: "guid"}},
		DoUpdates: append(clause.AssignmentColumns([]string{"seq", "deleted_at"}), clause.Assignments(map[string]any{
			"public":     gorm.Expr("tombstones.public OR excluded.public"),
			"created_at": gorm.Expr("CASE WHEN tombstones.created_at = excluded.created_at THEN excluded.created_at ELSE CAST(? AS BIGINT) END", anyTime),
		})...),
	}).CreateInBatches(rows, s.batch()).Error)
}

// takeOut deletes items of the account and leaves tombstones. Guids that are
// not there do nothing.
func (s *Store) takeOut(ctx context.Context, sh shelf, account int64, guids []string, o orphans) error {
	if len(guids) == 0 {
		return nil
	}
	were, err := s.wereAt(ctx, sh, account, guids)
	if err != nil {
		return err
	}
	if err := s.entomb(ctx, account, collectionOf(sh), were); err != nil {
		return err
	}
	remove := func() error { return s.deleteRows(ctx, sh.table(), account, guids) }
	if sh != shelf(posts{}) {
		return remove()
	}
	hung, err := s.hungOn(ctx, account, guids)
	if err != nil {
		return err
	}
	return s.rehang(ctx, account, hung, o, remove)
}

// wereAt is where items are that are about to go.
func (s *Store) wereAt(ctx context.Context, sh shelf, account int64, guids []string) (list []reach, err error) {
	if sh == shelf(photos{}) {
		return s.reaches(ctx, account, guids)
	}
	columns := []string{"guid", "TRUE AS public"}
	if sh == shelf(posts{}) {
		columns = []string{"guid", "public", "created_at AS created"}
	}
	err = inChunks(guids, func(chunk []string) error {
		var some []reach
		err := s.among(ctx, sh.table(), account, "guid", chunk).Select(columns).Order("guid").Find(&some).Error
		list = append(list, some...)
		return translate(err)
	})
	return list, err
}
