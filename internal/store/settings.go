package store

import (
	"context"
	"time"

	"podmove/internal/audit"
	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// SetPassword is pod.Accounts'. RFC 9700 §4.14.2: whoever agreed to something
// with the old password may have been a thief, so all of it ends.
func (s *Store) SetPassword(ctx context.Context, id int64, hash string, now time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		// Which locks the account before its grants, as the end of a transfer does.
		if err := s.setAccount(ctx, id, map[string]any{"password": hash, "sessions_from": now.UnixMilli()}); err != nil {
			return err
		}
		if err := s.revokeGrants(ctx, id, now); err != nil {
			return err
		}
		return s.auditOf(ctx, id, audit.Record{Kind: audit.PasswordChanged})
	})
}

// SetLanguage is pod.Accounts'.
func (s *Store) SetLanguage(ctx context.Context, id int64, tag string) error {
	return s.setAccount(ctx, id, map[string]any{"language": tag})
}

func (s *Store) setAccount(ctx context.Context, id int64, values map[string]any) error {
	q := s.db(ctx).Table("accounts").Where("id = ?", id).Updates(values)
	if q.Error == nil && q.RowsAffected == 0 {
		return pod.ErrNoAccount
	}
	return translate(q.Error)
}

// over are the states of a transfer, and of a move, after which nothing follows.
var (
	overThere = []transfer.State{transfer.Erased, transfer.Finished, transfer.Cancelled, transfer.ExpiredIdle, transfer.Undone}
	overHere  = []destination.State{destination.Done, destination.Cancelled, destination.Undone}
)

// CloseAccount is pod.Accounts'. An account that moved away stays as it is: its
// old addresses go on answering (Protocol §6.4).
func (s *Store) CloseAccount(ctx context.Context, id int64, now time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.open(ctx, id); err != nil {
			return err
		}
		if err := s.settled(ctx, id); err != nil {
			return err
		}
		var sums []transfer.Digest
		if err := s.db(ctx).Table("photos").Where("account_id = ?", id).Distinct().Pluck("sha256", &sums).Error; err != nil {
			return translate(err)
		}
		for _, table := range []string{"posts", "photos", "contacts", "aspects", "blocks", "profiles", "tombstones", "arrivals", "events", "account_emails", "second_steps", "recovery_codes"} {
			if err := s.db(ctx).Table(table).Where("account_id = ?", id).Delete(nil).Error; err != nil {
				return translate(err)
			}
		}
		if err := s.letGo(ctx, sums); err != nil {
			return err
		}
		if err := s.revokeGrants(ctx, id, now); err != nil {
			return err
		}
		if err := s.setAccount(ctx, id, map[string]any{"state": pod.Closed, "password": "", "email": "", "sessions_from": now.UnixMilli()}); err != nil {
			return err
		}
		return s.auditOf(ctx, id, audit.Record{Kind: audit.AccountClosed})
	})
}

// settled refuses while a move from the account or to it is not over.
func (s *Store) settled(ctx context.Context, id int64) error {
	var moving bool
	err := s.db(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM transfers WHERE account_id = ? AND purpose = ? AND state NOT IN ?)
		OR EXISTS (SELECT 1 FROM moves WHERE account_id = ? AND state NOT IN ?)`,
		id, transfer.Move, overThere, id, overHere).Scan(&moving).Error
	if err == nil && moving {
		err = pod.ErrMoving
	}
	return err
}
