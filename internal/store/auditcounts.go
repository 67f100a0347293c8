package store

import (
	"context"
	"maps"
	"time"

	"podmove/internal/audit"
)

// mostCounted is how many rows of a kind an hour brings at most that strangers
// can cause.
const mostCounted = 1000

// everyone stands for the pod among the accounts of audit_counts.
const everyone = "*"

// AuditCounted is Audit for what strangers can cause as often as they like.
// What they do to an account within an hour is counted, and a row says so the
// first time, the tenth, the hundredth and so on: the log grows by a few rows
// where the account is tried a million times.
func (s *Store) AuditCounted(ctx context.Context, r audit.Record) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		times, err := s.count(ctx, r.Kind, r.Account)
		if err != nil || !roundNumber(times) {
			return err
		}
		rows, err := s.count(ctx, r.Kind, everyone)
		if err != nil || rows > mostCounted {
			return err
		}
		r.Detail = maps.Clone(r.Detail)
		if r.Detail == nil {
			r.Detail = map[string]any{}
		}
		r.Detail["times"] = times
		if rows == mostCounted {
			r.Detail["last_this_hour"] = true
		}
		return s.Audit(ctx, r)
	})
}

// roundNumber reports whether n is 1, 10, 100 and so on.
func roundNumber(n int64) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

// count is how often this was asked within the hour, this time included.
func (s *Store) count(ctx context.Context, kind audit.Kind, account string) (n int64, err error) {
	hour := s.now().Truncate(time.Hour).UnixMilli()
	err = s.db(ctx).Raw(`INSERT INTO audit_counts (kind, account, hour, count) VALUES (?, ?, ?, 1)
		ON CONFLICT (kind, account, hour) DO UPDATE SET count = audit_counts.count + 1 RETURNING count`,
		string(kind), account, hour).Scan(&n).Error
	return n, translate(err)
}

// SweepAuditCounts forgets the counts of hours that are over.
func (s *Store) SweepAuditCounts(ctx context.Context) error {
	before := s.now().Add(-2 * time.Hour).UnixMilli()
	return translate(s.db(ctx).Exec("DELETE FROM audit_counts WHERE hour < ?", before).Error)
}
