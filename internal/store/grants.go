package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"podmove/oauth"
)

// grantRow is a row of grants.
type grantRow struct {
	ID        string
	Account   string
	Client    string
	Scopes    string
	Details   string
	Choices   string
	Keys      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	RevokedAt int64
}

// TableName is gorm's.
func (grantRow) TableName() string { return "grants" }

func (g grantRow) domain() (oauth.Grant, error) {
	out := oauth.Grant{ID: g.ID, Account: g.Account, Client: g.Client, Scopes: strings.Fields(g.Scopes)}
	if g.Keys != "" {
		out.Keys = []byte(g.Keys)
	}
	if err := json.Unmarshal([]byte(g.Details), &out.Details); err != nil {
		return oauth.Grant{}, err
	}
	return out, json.Unmarshal([]byte(g.Choices), &out.Choices)
}

// AddGrant is provider.Store's.
func (s *Store) AddGrant(ctx context.Context, g oauth.Grant, at time.Time) error {
	details, err := json.Marshal(g.Details)
	if err != nil {
		return err
	}
	choices, err := json.Marshal(g.Choices)
	if err != nil {
		return err
	}
	return translate(s.db(ctx).Create(&grantRow{
		ID: g.ID, Account: g.Account, Client: g.Client, Scopes: strings.Join(g.Scopes, " "),
		Details: string(details), Choices: string(choices), Keys: string(g.Keys), CreatedAt: millis(at),
	}).Error)
}

// Grant is provider.Store's.
func (s *Store) Grant(ctx context.Context, id string) (oauth.Grant, bool, error) {
	var rows []grantRow
	err := s.db(ctx).Where("id = ? AND revoked_at = 0", id).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return oauth.Grant{}, false, translate(err)
	}
	g, err := rows[0].domain()
	return g, err == nil, err
}

// RevokeGrant is provider.Store's.
func (s *Store) RevokeGrant(ctx context.Context, id string, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		err := s.db(ctx).Model(&grantRow{}).Where("id = ? AND revoked_at = 0", id).Update("revoked_at", millis(at)).Error
		if err != nil {
			return translate(err)
		}
		return translate(s.db(ctx).Model(&oauthRow{}).Where("request = ? AND active", id).Update("active", false).Error)
	})
}
