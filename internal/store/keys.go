package store

import (
	"context"
	"time"
)

// A SealedKey is a signing key, sealed under a key that is not in the database.
type SealedKey struct {
	ID      string // RFC 7638 thumbprint
	Purpose string // sign or client
	Sealed  []byte
	Created time.Time
	Retired time.Time // zero while in use
}

type keyRow struct {
	KID       string `gorm:"column:kid;primaryKey"`
	Purpose   string
	Sealed    []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
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
		list[i] = SealedKey{r.KID, r.Purpose, r.Sealed, moment(r.CreatedAt), moment(r.RetiredAt)}
	}
	return list, nil
}

// AddKey stores a key.
func (s *Store) AddKey(ctx context.Context, k SealedKey) error {
	row := keyRow{KID: k.ID, Purpose: k.Purpose, Sealed: k.Sealed, CreatedAt: millis(k.Created), RetiredAt: millis(k.Retired)}
	return translate(s.db(ctx).Create(&row).Error)
}
