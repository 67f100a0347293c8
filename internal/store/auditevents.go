package store

import (
	"context"
	"strings"

	"podmove/internal/audit"
)

// auditEvent writes the record that an event is worth, beside its line: the
// line is for the person and may go, the record stays.
func (s *Store) auditEvent(ctx context.Context, e eventRow) error {
	kind, wanted := audit.OfEvent(e.Kind)
	if !wanted {
		return nil
	}
	about, err := s.aboutEvent(ctx, e)
	if err != nil {
		return err
	}
	r := audit.Record{Kind: kind, Subject: e.Subject, Host: audit.HostOf(about.Other), Detail: map[string]any{}}
	if about.Purpose != "" {
		r.Detail["purpose"] = about.Purpose
	}
	if about.Reason != "" {
		r.Detail["reason"] = about.Reason
	}
	return s.auditOf(ctx, e.AccountID, r)
}

// about is what a record says of a transfer or move: who is at the other end,
// never as whom.
type about struct {
	Other   string
	Purpose string
	Reason  string
}

func (s *Store) aboutEvent(ctx context.Context, e eventRow) (a about, err error) {
	table, other := "transfers", "client"
	if strings.HasPrefix(e.Kind, "move-") {
		table, other = "moves", "CASE WHEN issuer <> '' THEN issuer ELSE typed END"
	}
	err = s.db(ctx).Table(table).Select(other+" AS other, purpose, reason").Where("id = ?", e.Subject).Limit(1).Find(&a).Error
	if _, host, isID := strings.Cut(a.Other, "@"); isID && !strings.Contains(a.Other, "://") {
		a.Other = host
	}
	return a, translate(err)
}
