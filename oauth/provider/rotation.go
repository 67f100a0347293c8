package provider

import (
	"context"
	"time"

	"github.com/ory/fosite"
)

// A client that rotates and loses the answer holds only the old refresh token.
// It may use that one once more, so that a lost answer does not end a move; it
// must wait a little, so that of two parallel refreshes one simply loses.
const (
	reuseFrom  = 5 * time.Second  // after the rotation; before it, refused and no more
	reuseUntil = 60 * time.Second // after it, reuse is theft (RFC 9700 §4.14.2)
)

// A verdict is what to do with a refresh token that comes.
type verdict int

const (
	theft   verdict = iota // revoke the grant
	good                   // its first use
	again                  // its answer was lost
	tooSoon                // refuse, and let the grant be
)

// judge looks at a refresh token and those that replaced it.
func (s storage) judge(ctx context.Context, row Row) (verdict, []Row, error) {
	if row.Active {
		return good, nil, nil
	}
	if row.UsedAt.IsZero() {
		return theft, nil, nil // revoked
	}
	next, err := s.store.OAuthSuccessors(ctx, row.Signature)
	if err != nil {
		return theft, nil, err
	}
	unused := 0
	for _, n := range next {
		if !n.UsedAt.IsZero() {
			return theft, next, nil
		}
		if n.Active {
			unused++
		}
	}
	age := s.now().Sub(row.UsedAt)
	switch {
	case unused != 1 || age > reuseUntil:
		return theft, next, nil
	case age < reuseFrom:
		return tooSoon, next, nil
	case len(next) == 1:
		return again, next, nil
	default:
		return theft, next, nil // it was used again before
	}
}

// CreateRefreshTokenSession keeps a refresh token. It expires a while after the
// last refresh, and some time after the consent in any case.
func (s storage) CreateRefreshTokenSession(ctx context.Context, signature, _ string, r fosite.Requester) error {
	row, err := s.newRow(KindRefresh, signature, refreshIdle, r)
	if err != nil {
		return err
	}
	own := r.GetSession().(*session)
	if end := own.IDTokenClaims().RequestedAt.Add(refreshLife); end.Before(row.ExpiresAt) {
		row.ExpiresAt = end
	}
	row.Parent = own.Parent
	return s.keep(ctx, row)
}

// GetRefreshTokenSession finds a refresh token. On fosite.ErrInactiveToken
// fosite revokes the grant.
func (s storage) GetRefreshTokenSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	row, r, err := s.find(ctx, KindRefresh, signature)
	if err != nil {
		return nil, err
	}
	r.Session.(*session).Parent = row.Signature
	v, _, err := s.judge(ctx, row)
	switch {
	case err != nil:
		return nil, err
	case v == good, v == again:
		return r, nil
	case v == tooSoon:
		return nil, fosite.ErrNotFound
	default:
		return r, fosite.ErrInactiveToken
	}
}

// RotateRefreshToken uses a refresh token up, in the transaction that keeps its
// successor. Of two that come at once, one loses.
func (s storage) RotateRefreshToken(ctx context.Context, grant, signature string) error {
	row, err := s.row(ctx, KindRefresh, signature)
	if err != nil {
		return err
	}
	v, next, err := s.judge(ctx, row)
	if err != nil {
		return err
	}
	switch v {
	case good:
		return s.spend(ctx, row, s.now(), fosite.ErrInactiveToken)
	case again: // what the client never got is worth nothing from now on
		if err := s.spend(ctx, next[0], time.Time{}, fosite.ErrInactiveToken); err != nil {
			return err
		}
		if err := s.do(ctx, func(ctx context.Context) error { return s.store.DeactivateOAuthRows(ctx, KindAccess, grant) }); err != nil {
			return err
		}
		return s.spend(ctx, row, s.now(), fosite.ErrInactiveToken)
	default:
		return fosite.ErrInactiveToken
	}
}

// spend uses a row up, if it is still what it was when it was read.
func (s storage) spend(ctx context.Context, row Row, at time.Time, lost error) error {
	return s.do(ctx, func(ctx context.Context) error {
		won, err := s.store.SpendOAuthRow(ctx, row, at)
		if err == nil && !won {
			return lost
		}
		return err
	})
}

// DeleteRefreshTokenSession keeps the row: what comes again must be known.
func (s storage) DeleteRefreshTokenSession(context.Context, string) error { return nil }

// CreateAccessTokenSession keeps an access token.
func (s storage) CreateAccessTokenSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.add(ctx, KindAccess, signature, accessLife, r)
}

// GetAccessTokenSession finds an access token.
func (s storage) GetAccessTokenSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	return s.get(ctx, KindAccess, signature)
}

// DeleteAccessTokenSession drops an access token.
func (s storage) DeleteAccessTokenSession(ctx context.Context, signature string) error {
	return s.drop(ctx, KindAccess, signature)
}

// RevokeRefreshToken revokes the grant. fosite asks for it when a code or a
// refresh token comes a second time: revocation by the client is not left to it.
func (s storage) RevokeRefreshToken(ctx context.Context, grant string) error {
	return s.store.RevokeStolenGrant(ctx, grant, s.now())
}

// RevokeAccessToken revokes the grant; see RevokeRefreshToken.
func (s storage) RevokeAccessToken(ctx context.Context, grant string) error {
	return s.store.RevokeStolenGrant(ctx, grant, s.now())
}
