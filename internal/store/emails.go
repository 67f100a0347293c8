package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/internal/audit"
	"podmove/internal/pod"
)

// emailRow is a row of account_emails.
type emailRow struct {
	ID        int64
	AccountID int64
	Email     string
	Since     int64
	Until     int64
}

// TableName is account_emails.
func (emailRow) TableName() string { return "account_emails" }

func (r emailRow) mailbox() pod.Mailbox {
	return pod.Mailbox{ID: r.ID, Account: r.AccountID, Email: r.Email, Since: moment(r.Since), Until: moment(r.Until)}
}

// SetEmail is pod.Accounts'. The address until now is remembered for a while.
func (s *Store) SetEmail(ctx context.Context, id int64, email string, now time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.setAccount(ctx, id, map[string]any{"email": email}); err != nil { // which locks the row
			return err
		}
		others := s.remembered(ctx, id, now).Where("email <> ?", email)
		var n int64
		if err := others.Count(&n).Error; err != nil {
			return translate(err)
		}
		if n > pod.MostEmails {
			return pod.ErrManyEmails
		}
		if err := s.addEmail(ctx, id, email, now); err != nil {
			return err
		}
		return s.auditOf(ctx, id, audit.Record{Kind: audit.EmailChanged}) // without it: rows stay, addresses go
	})
}

// addEmail makes an address the account's. One that it had before has been
// known since then.
func (s *Store) addEmail(ctx context.Context, account int64, email string, now time.Time) error {
	until := s.db(ctx).Model(&emailRow{}).Where("account_id = ? AND until = 0 AND email <> ?", account, email)
	if err := until.Update("until", now.UnixMilli()).Error; err != nil || email == "" {
		return translate(err)
	}
	return translate(s.db(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "account_id"}, {Name: "email"}}, DoUpdates: clause.Assignments(map[string]any{"until": 0}),
	}).Create(&emailRow{AccountID: account, Email: email, Since: now.UnixMilli()}).Error)
}

// remembered queries the addresses that the account has, or had not long ago
// (Protocol §7.5).
func (s *Store) remembered(ctx context.Context, account int64, now time.Time) *gorm.DB {
	return s.db(ctx).Model(&emailRow{}).Where("account_id = ? AND (until = 0 OR until > ?)", account, now.Add(-pod.EmailMemory).UnixMilli())
}

// Mailboxes are the addresses that the account has, or had not long ago, the
// oldest first.
func (s *Store) Mailboxes(ctx context.Context, account int64, now time.Time) ([]pod.Mailbox, error) {
	var rows []emailRow
	err := s.remembered(ctx, account, now).Order("since, id").Find(&rows).Error
	list := make([]pod.Mailbox, len(rows))
	for i, r := range rows {
		list[i] = r.mailbox()
	}
	return list, translate(err)
}

// Mailbox finds an address by its number, if it is remembered still.
func (s *Store) Mailbox(ctx context.Context, id int64) (pod.Mailbox, bool, error) {
	var row emailRow
	err := translate(s.db(ctx).Where("id = ?", id).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return pod.Mailbox{}, false, nil
	}
	return row.mailbox(), err == nil, err
}

// SweepEmails forgets the addresses that nobody had for long enough.
func (s *Store) SweepEmails(ctx context.Context) error {
	return translate(s.db(ctx).Where("until > 0 AND until <= ?", s.now().Add(-pod.EmailMemory).UnixMilli()).Delete(&emailRow{}).Error)
}
