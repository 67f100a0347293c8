package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"podmove/internal/audit"
)

// A SealedKey is a key or secret, sealed under a key that is not in the database.
type SealedKey struct {
	ID      string // of a key its RFC 7638 thumbprint
	Purpose string
	Sealed  []byte
	Created time.Time
	Active  time.Time // from when on it is used
	Retired time.Time // when the next one took over; zero while there is none
}

type keyRow struct {
	KID       string `gorm:"column:kid;primaryKey"`
	Purpose   string
	Sealed    []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ActiveAt  int64
	RetiredAt int64
}

func (keyRow) TableName() string { return "keys" }

// Keys lists the keys of a purpose, oldest first.
func (s *Store) Keys(ctx context.Context, purpose string) ([]SealedKey, error) {
	var rows []keyRow
	if err := s.db(ctx).Where("purpose = ?", purpose).Order("created_at, kid").Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	list := make([]SealedKey, len(rows))
	for i, r := range rows {
		list[i] = SealedKey{r.KID, r.Purpose, r.Sealed, moment(r.CreatedAt), moment(r.ActiveAt), moment(r.RetiredAt)}
	}
	return list, nil
}

// AddKey stores a key, if it is not there already.
func (s *Store) AddKey(ctx context.Context, k SealedKey) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		row := keyRow{k.ID, k.Purpose, k.Sealed, millis(k.Created), millis(k.Active), millis(k.Retired)}
		added := s.db(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if added.Error != nil || added.RowsAffected == 0 {
			return translate(added.Error)
		}
		return s.Audit(ctx, audit.Record{Kind: audit.KeyAdded, Subject: k.ID, Detail: map[string]any{"purpose": k.Purpose}})
	})
}

// RotateKeys puts a key in the place of those in use, which retire when it
// becomes active, unless they are not the ones in use any more: then another
// process was faster, and nothing happens.
func (s *Store) RotateKeys(ctx context.Context, inUse []string, next SealedKey) (won bool, err error) {
	return won, s.InTx(ctx, func(ctx context.Context) error {
		retired := s.db(ctx).Model(&keyRow{}).Where("purpose = ? AND retired_at = 0 AND kid IN ?", next.Purpose, inUse).
			Update("retired_at", millis(next.Active))
		if won = retired.Error == nil && retired.RowsAffected > 0; !won {
			return translate(retired.Error)
		}
		return s.AddKey(ctx, next)
	})
}

// DropKey deletes a retired key for good.
func (s *Store) DropKey(ctx context.Context, id string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		dropped := s.db(ctx).Where("kid = ? AND retired_at > 0", id).Delete(&keyRow{})
		if dropped.Error != nil || dropped.RowsAffected == 0 {
			return translate(dropped.Error)
		}
		return s.Audit(ctx, audit.Record{Kind: audit.KeyDropped, Subject: id})
	})
}
