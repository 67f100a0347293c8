package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/internal/pod"
)

var _ pod.SessionRows = (*Store)(nil)

type sessionRow struct {
	Token     string `gorm:"primaryKey"`
	Data      []byte
	ExpiresAt int64
}

// TableName is sessions.
func (sessionRow) TableName() string { return "sessions" }

// Session is pod.SessionRows'.
func (s *Store) Session(ctx context.Context, token string) ([]byte, error) {
	var row sessionRow
	err := s.db(ctx).Where("token = ? AND expires_at > ?", token, s.now().UnixMilli()).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return row.Data, err
}

// SaveSession is pod.SessionRows'.
func (s *Store) SaveSession(ctx context.Context, token string, data []byte, expires time.Time) error {
	return s.db(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "token"}},
		DoUpdates: clause.AssignmentColumns([]string{"data", "expires_at"}),
	}).Create(&sessionRow{Token: token, Data: data, ExpiresAt: expires.UnixMilli()}).Error
}

// DeleteSession is pod.SessionRows'.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	return s.db(ctx).Where("token = ?", token).Delete(&sessionRow{}).Error
}

// SweepSessions deletes the sessions that have expired.
func (s *Store) SweepSessions(ctx context.Context) error {
	return s.db(ctx).Where("expires_at <= ?", s.now().UnixMilli()).Delete(&sessionRow{}).Error
}
