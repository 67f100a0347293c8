package store

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"podmove/internal/audit"
	"podmove/oauth"
)

// grantRow is a row of grants.
type grantRow struct {
	ID           string
	Account      string
	Client       string
	Scopes       string
	Details      string
	Choices      string
	Keys         string
	KeysDifferAt int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	RevokedAt    int64
	LastUsedAt   int64
	RedirectHost string
}

// TableName is gorm's.
func (grantRow) TableName() string { return "grants" }

func (g grantRow) domain() (oauth.Grant, error) {
	out := oauth.Grant{
		ID: g.ID, Account: g.Account, Client: g.Client, Scopes: strings.Fields(g.Scopes),
		Redirect: g.RedirectHost, KeysDiffer: moment(g.KeysDifferAt),
	}
	if g.Keys != "" {
		out.Keys = []byte(g.Keys)
	}
	if err := json.Unmarshal([]byte(g.Details), &out.Details); err != nil {
		return oauth.Grant{}, err
	}
	return out, json.Unmarshal([]byte(g.Choices), &out.Choices)
}

// host is what the client is known by: where it is from, or where its code was
// sent if its id is no address.
func (g grantRow) host() string {
	if host := audit.HostOf(g.Client); host != g.Client {
		return host
	}
	return cmp.Or(g.RedirectHost, g.Client)
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
	row := grantRow{
		ID: g.ID, Account: g.Account, Client: g.Client, Scopes: strings.Join(g.Scopes, " "),
		Details: string(details), Choices: string(choices), Keys: string(g.Keys), CreatedAt: millis(at), RedirectHost: g.Redirect,
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.db(ctx).Create(&row).Error; err != nil {
			return translate(err)
		}
		return s.Audit(ctx, audit.Record{
			Kind: audit.GrantGiven, Account: g.Account, Subject: g.ID, Actor: audit.Person, Host: row.host(),
			Detail: map[string]any{"purpose": g.Details.Purpose, "collections": g.Details.Collections, "limited": g.Details.Limited},
		})
	})
}

// usedAtMost is how often the use of a grant is written down: pages come many a
// second, and none of them is to cost a write.
const usedAtMost = time.Minute

// Grant is provider.Store's. That it was used is noted, to the minute.
func (s *Store) Grant(ctx context.Context, id string) (oauth.Grant, bool, error) {
	row, found, err := one[grantRow](s.look(ctx).Where("id = ? AND revoked_at = 0", id))
	if err != nil || !found {
		return oauth.Grant{}, false, err
	}
	if err := s.noteUse(ctx, row); err != nil {
		return oauth.Grant{}, false, err
	}
	g, err := row.domain()
	return g, err == nil, err
}

// noteUse compares again as it writes: of the requests that come at once, one
// does.
func (s *Store) noteUse(ctx context.Context, g grantRow) error {
	now := s.now()
	before := now.Add(-usedAtMost).UnixMilli()
	if g.LastUsedAt > before {
		return nil
	}
	return translate(s.db(ctx).Model(&grantRow{}).Where("id = ? AND last_used_at <= ?", g.ID, before).
		Update("last_used_at", now.UnixMilli()).Error)
}

// Revoked is source.Transfers'.
func (s *Store) Revoked(ctx context.Context, id string) (bool, error) {
	var n int64
	err := s.db(ctx).Model(&grantRow{}).Where("id = ? AND revoked_at <> 0", id).Count(&n).Error
	return n > 0, translate(err)
}

// RevokeGrant is provider.Store's.
func (s *Store) RevokeGrant(ctx context.Context, id string, at time.Time) error {
	return s.revoke(ctx, id, at, audit.Record{Kind: audit.GrantRevoked})
}

// RevokeStolenGrant is provider.Store's.
func (s *Store) RevokeStolenGrant(ctx context.Context, id string, at time.Time) error {
	return s.revoke(ctx, id, at, audit.Record{Kind: audit.GrantStolen})
}

func (s *Store) revoke(ctx context.Context, id string, at time.Time, r audit.Record) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		var g grantRow
		done := s.db(ctx).Raw("UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at = 0 RETURNING id, account, client, redirect_host", millis(at), id).Scan(&g)
		if done.Error != nil {
			return translate(done.Error)
		}
		err := s.db(ctx).Model(&oauthRow{}).Where("request = ? AND active", id).Update("active", false).Error
		if err != nil || g.ID == "" {
			return translate(err)
		}
		r.Account, r.Subject, r.Host = g.Account, g.ID, g.host()
		return s.Audit(ctx, r)
	})
}

// revokeGrants revokes all that the account agreed to.
func (s *Store) revokeGrants(ctx context.Context, account int64, at time.Time) error {
	var ids []string
	err := s.db(ctx).Model(&grantRow{}).Where("account = (SELECT guid FROM accounts WHERE id = ?) AND revoked_at = 0", account).
		Order("id").Pluck("id", &ids).Error
	for _, id := range ids {
		if err == nil {
			err = s.RevokeGrant(ctx, id, at)
		}
	}
	return translate(err)
}
