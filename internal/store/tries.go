package store

import (
	"context"
	"errors"
	"time"

	"podmove/internal/pod"
)

var _ pod.Tries = (*Store)(nil)

// tryRow is a row of tries.
type tryRow struct {
	Name   string `gorm:"primaryKey"`
	FullAt int64
}

// TableName is tries.
func (tryRow) TableName() string { return "tries" }

// SpendTry is pod.Tries'. It is one statement, so that of many at once no more
// get through than the budget holds, whichever process they ask.
func (s *Store) SpendTry(ctx context.Context, name string, b pod.Budget) (wait time.Duration, err error) {
	now, every := s.now().UnixMilli(), b.Every.Milliseconds()
	q := s.db(ctx).Exec(`INSERT INTO tries (name, full_at) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET full_at = CASE WHEN tries.full_at > ? THEN tries.full_at ELSE ? END + ?
		WHERE tries.full_at <= ?`, name, now+every, now, now, every, now+int64(b.Burst-1)*every)
	if q.Error != nil || q.RowsAffected > 0 {
		return 0, translate(q.Error)
	}
	var row tryRow
	err = translate(s.db(ctx).Where("name = ?", name).Take(&row).Error)
	if errors.Is(err, ErrNotFound) { // swept meanwhile
		return time.Millisecond, nil
	}
	return max(time.Duration(row.FullAt-int64(b.Burst-1)*every-now)*time.Millisecond, time.Millisecond), err
}

// RegainTry is pod.Tries'.
func (s *Store) RegainTry(ctx context.Context, name string, b pod.Budget) error {
	return translate(s.db(ctx).Exec("UPDATE tries SET full_at = full_at - ? WHERE name = ?", b.Every.Milliseconds(), name).Error)
}

// SweepTries deletes the counters that count nothing.
func (s *Store) SweepTries(ctx context.Context) error {
	return translate(s.db(ctx).Where("full_at <= ?", s.now().UnixMilli()).Delete(&tryRow{}).Error)
}
