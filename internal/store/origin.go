package store

import (
	"context"

	"gorm.io/gorm/clause"
)

type podRow struct {
	ID        int64
	Epoch     string
	Origin    string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// Origin is the public URL under which the pod of this database first served.
// The first caller decides it.
func (s *Store) Origin(ctx context.Context, origin string) (string, error) {
	row := podRow{ID: 1, Origin: origin, CreatedAt: s.now().UnixMilli()}
	err := s.db(ctx).Table("pod").Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	if err != nil {
		return "", translate(err)
	}
	err = s.db(ctx).Table("pod").Select("origin").Where("id = 1").Scan(&origin).Error
	return origin, translate(err)
}
