package store

import (
	"context"
	"time"

	"podmove/oauth/provider"
)

// clientRow is a row of clients.
type clientRow struct {
	ID        string
	Secret    string
	Token     string
	Metadata  []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	LiveAt    int64
}

// TableName is gorm's.
func (clientRow) TableName() string { return "clients" }

// AddClient is provider.Store's.
func (s *Store) AddClient(ctx context.Context, c provider.Registered) error {
	return translate(s.db(ctx).Create(&clientRow{
		ID: c.ID, Secret: c.Secret, Token: c.Token, Metadata: c.Metadata, CreatedAt: millis(c.CreatedAt),
	}).Error)
}

// Client is provider.Store's.
func (s *Store) Client(ctx context.Context, id string) (provider.Registered, bool, error) {
	r, found, err := one[clientRow](s.look(ctx).Where("id = ?", id))
	return provider.Registered{
		ID: r.ID, Secret: r.Secret, Token: r.Token, Metadata: r.Metadata, CreatedAt: moment(r.CreatedAt),
	}, found, err
}

// KeepClient is provider.Store's. It locks the row, so that a grant and the
// client's end do not miss each other.
func (s *Store) KeepClient(ctx context.Context, id string, at time.Time) (bool, error) {
	done := s.db(ctx).Model(&clientRow{}).Where("id = ?", id).Update("live_at", millis(at))
	return done.RowsAffected == 1, translate(done.Error)
}

// DropClient is provider.Store's.
func (s *Store) DropClient(ctx context.Context, id string) (bool, error) {
	done := s.db(ctx).Where("id = ?", id).Delete(&clientRow{})
	return done.RowsAffected == 1, translate(done.Error)
}

// GrantsTo is provider.Store's.
func (s *Store) GrantsTo(ctx context.Context, client string) ([]string, error) {
	var ids []string
	err := s.db(ctx).Model(&grantRow{}).Where("client = ? AND revoked_at = 0", client).Order("id").Pluck("id", &ids).Error
	return ids, translate(err)
}

// SweepClients is provider.Store's. Those that have a grant are marked first: a
// grant's own end leaves nothing to look at.
func (s *Store) SweepClients(ctx context.Context, now, unused, idle time.Time) error {
	live := s.db(ctx).Model(&clientRow{}).Where(`EXISTS (SELECT 1 FROM grants JOIN oauth_sessions ON oauth_sessions.request = grants.id
		WHERE grants.client = clients.id AND oauth_sessions.active AND oauth_sessions.expires_at > ?)`, millis(now))
	if err := live.Update("live_at", millis(now)).Error; err != nil {
		return translate(err)
	}
	over := s.db(ctx).Where("live_at = 0 AND created_at < ? OR live_at > 0 AND live_at < ?", millis(unused), millis(idle))
	return translate(over.Delete(&clientRow{}).Error)
}
