package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"podmove/internal/pod"
)

type eventRow struct {
	ID        int64
	AccountID int64
	Subject   string
	Kind      string
	Text      string
	At        int64
}

// TableName is events.
func (eventRow) TableName() string { return "events" }

// Event writes a line of what happened to an account, in the caller's
// transaction if there is one, so that it stands there exactly if it happened.
// Subject is the id of a transfer or move.
func (s *Store) Event(ctx context.Context, account int64, subject, kind, text string) error {
	return s.db(ctx).Create(&eventRow{
		AccountID: account, Subject: subject, Kind: kind, Text: text, At: s.now().UnixMilli(),
	}).Error
}

// Events are the newest lines of an account, newest first, at most limit of
// them and all before the one with the number given, if that is not zero.
func (s *Store) Events(ctx context.Context, account, before int64, limit int) ([]pod.Event, error) {
	query := s.db(ctx).Where("account_id = ?", account)
	if before != 0 {
		query = query.Where("id < ?", before)
	}
	return findEvents(query, limit)
}

// EventsOf are the newest lines about one transfer or move of an account.
func (s *Store) EventsOf(ctx context.Context, account int64, subject string, limit int) ([]pod.Event, error) {
	return findEvents(s.db(ctx).Where("account_id = ? AND subject = ?", account, subject), limit)
}

func findEvents(query *gorm.DB, limit int) ([]pod.Event, error) {
	var rows []eventRow
	if err := query.Order("id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]pod.Event, len(rows))
	for i, r := range rows {
		list[i] = pod.Event{Number: r.ID, Subject: r.Subject, Kind: r.Kind, Text: r.Text, At: time.UnixMilli(r.At).UTC()}
	}
	return list, nil
}
