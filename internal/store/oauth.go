package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"podmove/oauth/provider"
)

var _ provider.Store = (*Store)(nil)

// oauthRow is a row of oauth_sessions.
type oauthRow struct {
	Kind      string
	Signature string
	Request   string
	Client    string
	Account   string
	Active    bool
	Body      []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
	UsedAt    int64
	Parent    string
}

// TableName is gorm's.
func (oauthRow) TableName() string { return "oauth_sessions" }

func fromRow(r provider.Row) oauthRow {
	return oauthRow{
		Kind: string(r.Kind), Signature: r.Signature, Request: r.Grant, Client: r.Client, Account: r.Account,
		Active: r.Active, Body: r.Body, Parent: r.Parent,
		CreatedAt: millis(r.CreatedAt), ExpiresAt: millis(r.ExpiresAt), UsedAt: millis(r.UsedAt),
	}
}

func (s oauthRow) row() provider.Row {
	return provider.Row{
		Kind: provider.Kind(s.Kind), Signature: s.Signature, Grant: s.Request, Client: s.Client, Account: s.Account,
		Active: s.Active, Body: s.Body, Parent: s.Parent,
		CreatedAt: moment(s.CreatedAt), ExpiresAt: moment(s.ExpiresAt), UsedAt: moment(s.UsedAt),
	}
}

// AddOAuthRows is provider.Store's. One at a time: for a statement of several rows
// SQLite keeps a journal of its own.
func (s *Store) AddOAuthRows(ctx context.Context, list ...provider.Row) error {
	for _, r := range list {
		row := fromRow(r)
		if err := s.db(ctx).Create(&row).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}

// OAuthRow is provider.Store's.
func (s *Store) OAuthRow(ctx context.Context, k provider.Kind, signature string) (provider.Row, bool, error) {
	row, found, err := one[oauthRow](s.look(ctx).Where("kind = ? AND signature = ?", k, signature))
	return row.row(), found, err
}

// SpendOAuthRow is provider.Store's. The comparison is in the statement itself, so that
// it holds between transactions that both read the row as it was.
func (s *Store) SpendOAuthRow(ctx context.Context, seen provider.Row, at time.Time) (bool, error) {
	done := s.db(ctx).Model(&oauthRow{}).
		Where("kind = ? AND signature = ? AND active = ? AND used_at = ?", seen.Kind, seen.Signature, seen.Active, millis(seen.UsedAt)).
		Updates(map[string]any{"active": false, "used_at": millis(at)})
	return done.RowsAffected == 1, translate(done.Error)
}

// DropOAuthRow is provider.Store's.
func (s *Store) DropOAuthRow(ctx context.Context, k provider.Kind, signature string) (bool, error) {
	done := s.db(ctx).Where("kind = ? AND signature = ?", k, signature).Delete(&oauthRow{})
	return done.RowsAffected == 1, translate(done.Error)
}

// OAuthSuccessors is provider.Store's.
func (s *Store) OAuthSuccessors(ctx context.Context, signature string) ([]provider.Row, error) {
	var rows []oauthRow
	err := s.look(ctx).Where("kind = ? AND parent = ?", provider.KindRefresh, signature).Order("created_at").Find(&rows).Error
	found := make([]provider.Row, len(rows))
	for i, r := range rows {
		found[i] = r.row()
	}
	return found, translate(err)
}

// DeactivateOAuthRows is provider.Store's.
func (s *Store) DeactivateOAuthRows(ctx context.Context, k provider.Kind, grant string) error {
	return translate(s.db(ctx).Model(&oauthRow{}).Where("request = ? AND kind = ? AND active", grant, k).
		Update("active", false).Error)
}

// interactionRow is a row of oauth_interactions.
type interactionRow struct {
	ID        string
	Session   string
	Body      []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

// TableName is gorm's.
func (interactionRow) TableName() string { return "oauth_interactions" }

// AddInteraction is provider.Store's.
func (s *Store) AddInteraction(ctx context.Context, p provider.Pending) error {
	return translate(s.db(ctx).Create(&interactionRow{
		ID: p.ID, Session: p.Browser, Body: p.Body, CreatedAt: millis(p.CreatedAt), ExpiresAt: millis(p.ExpiresAt),
	}).Error)
}

// Interaction is provider.Store's.
func (s *Store) Interaction(ctx context.Context, id string) (provider.Pending, bool, error) {
	r, found, err := one[interactionRow](s.db(ctx).Where("id = ?", id))
	return provider.Pending{
		ID: r.ID, Browser: r.Session, Body: r.Body, CreatedAt: moment(r.CreatedAt), ExpiresAt: moment(r.ExpiresAt),
	}, found, err
}

// DropInteraction is provider.Store's.
func (s *Store) DropInteraction(ctx context.Context, id string) (bool, error) {
	done := s.db(ctx).Where("id = ?", id).Delete(&interactionRow{})
	return done.RowsAffected == 1, translate(done.Error)
}

// usedRow is a row of oauth_assertions: of client assertions, and of proofs.
type usedRow struct {
	ID        string
	ExpiresAt int64
}

// TableName is gorm's.
func (usedRow) TableName() string { return "oauth_assertions" }

// AddUsed is provider.Store's: one statement that checks and marks.
func (s *Store) AddUsed(ctx context.Context, id string, expires time.Time) (bool, error) {
	done := s.db(ctx).Clauses(clause.OnConflict{DoNothing: true}).
		Create(&usedRow{ID: id, ExpiresAt: millis(expires)})
	return done.RowsAffected == 1, translate(done.Error)
}

// SweepUsed is provider.Store's.
func (s *Store) SweepUsed(ctx context.Context, before time.Time) error {
	return translate(s.db(ctx).Where("expires_at < ?", millis(before)).Delete(&usedRow{}).Error)
}

// SweepOAuth is provider.Store's.
func (s *Store) SweepOAuth(ctx context.Context, before time.Time) error {
	for _, table := range []any{&oauthRow{}, &interactionRow{}} {
		if err := s.db(ctx).Where("expires_at < ?", millis(before)).Delete(table).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}
