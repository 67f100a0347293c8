package store

import (
	"context"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// loginRow is a row of logins.
type loginRow struct {
	State     string `gorm:"primaryKey"`
	Session   string
	MoveID    string
	Sealed    []byte
	ExpiresAt int64
}

func (loginRow) TableName() string { return "logins" }

// AddLogin stores a login under way, and forgets those that nobody came back
// from.
func (s *Store) AddLogin(ctx context.Context, l destination.LoginAttempt) error {
	if err := s.db(ctx).Where("expires_at < ?", s.now().UnixMilli()).Delete(&loginRow{}).Error; err != nil {
		return err
	}
	row := loginRow{State: l.State, Session: l.Session, MoveID: l.Move, Sealed: l.Sealed, ExpiresAt: toMillis(l.Expires)}
	return translate(s.db(ctx).Create(&row).Error)
}

// TakeLogin finds a login under way and deletes it: of two answers with one
// state parameter only the first finds it.
func (s *Store) TakeLogin(ctx context.Context, state string) (l destination.LoginAttempt, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		var row loginRow
		found := s.db(ctx).Where("state = ?", state).Limit(1).Find(&row)
		if found.Error != nil {
			return found.Error
		}
		gone := s.db(ctx).Where("state = ?", state).Delete(&loginRow{})
		if gone.Error == nil && (found.RowsAffected == 0 || gone.RowsAffected == 0) {
			return transfer.Errorf(transfer.NotFound, "there is no such login under way")
		}
		l = destination.LoginAttempt{
			State: row.State, Session: row.Session, Move: row.MoveID, Sealed: row.Sealed, Expires: fromMillis(row.ExpiresAt),
		}
		return gone.Error
	})
	return l, err
}
