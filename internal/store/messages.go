package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"podmove/transfer"
)

type messageRow struct {
	ID        string // SHA-256 of issuer and jti
	ExpiresAt int64
}

// TableName is messages.
func (messageRow) TableName() string { return "messages" }

// TakeMessage remembers a signed message until it has expired, so that none is
// taken twice (Protocol §1.4): transfer.MessageReplayed. A conflict is no error
// to the database: it would void the transaction.
func (s *Store) TakeMessage(ctx context.Context, issuer, id string, expires time.Time) error {
	row := messageRow{string(transfer.Sum([]byte(issuer + "\n" + id))), expires.UnixMilli()}
	done := s.db(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if done.Error == nil && done.RowsAffected == 0 {
		return transfer.Errorf(transfer.MessageReplayed, "this message came before")
	}
	return translate(done.Error)
}

// SweepMessages forgets messages that have expired.
func (s *Store) SweepMessages(ctx context.Context) error {
	return translate(s.db(ctx).Where("expires_at < ?", s.now().UnixMilli()).Delete(&messageRow{}).Error)
}
