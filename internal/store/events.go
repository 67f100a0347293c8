package store

import (
	"context"
	"errors"
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

func (r eventRow) event() pod.Event {
	return pod.Event{Number: r.ID, Account: r.AccountID, Subject: r.Subject, Kind: r.Kind, Text: r.Text, At: time.UnixMilli(r.At).UTC()}
}

// Event is AddEvent for those who need not know the line's number.
func (s *Store) Event(ctx context.Context, account int64, subject, kind, text string) error {
	_, err := s.AddEvent(ctx, account, subject, kind, text)
	return err
}

// AddEvent writes a line of what happened to an account, in the caller's
// transaction if there is one, so that it stands there exactly if it happened;
// with it, if it begins, ends or cannot be taken back, a record in the audit
// log. Subject is the id of a transfer or move.
func (s *Store) AddEvent(ctx context.Context, account int64, subject, kind, text string) (pod.Event, error) {
	row := eventRow{AccountID: account, Subject: subject, Kind: kind, Text: text, At: s.now().UnixMilli()}
	err := s.InTx(ctx, func(ctx context.Context) error {
		row.ID = 0 // should InTx run this again
		if err := s.db(ctx).Create(&row).Error; err != nil {
			return err
		}
		return s.auditEvent(ctx, row)
	})
	return row.event(), err
}

// EventNumbered finds a line by its number, if it is there still.
func (s *Store) EventNumbered(ctx context.Context, number int64) (pod.Event, bool, error) {
	var row eventRow
	err := translate(s.db(ctx).Where("id = ?", number).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return pod.Event{}, false, nil
	}
	return row.event(), err == nil, err
}

// EventsSince are the newest lines of a kind of an account, after a moment.
func (s *Store) EventsSince(ctx context.Context, account int64, kind string, since time.Time, limit int) ([]pod.Event, error) {
	return findEvents(s.db(ctx).Where("account_id = ? AND kind = ? AND at > ?", account, kind, since.UnixMilli()), limit)
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
		list[i] = r.event()
	}
	return list, nil
}
