package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"podmove/internal/audit"
)

var _ audit.Book = (*Store)(nil)

// auditRow is a row of audit.
type auditRow struct {
	Number  int64 `gorm:"primaryKey;autoIncrement:false"`
	At      int64
	Account string
	Actor   string
	Kind    string
	Subject string
	Detail  string
	Prev    string
	Hash    string
}

// TableName is audit.
func (auditRow) TableName() string { return "audit" }

func fromAudit(r audit.Row) auditRow {
	return auditRow{
		Number: r.Number, At: r.At.UnixMilli(), Account: r.Account, Actor: r.Actor, Kind: string(r.Kind),
		Subject: r.Subject, Detail: r.Detail, Prev: r.Prev, Hash: r.Hash,
	}
}

func (r auditRow) row() audit.Row {
	return audit.Row{
		Number: r.Number, At: time.UnixMilli(r.At).UTC(), Account: r.Account, Actor: r.Actor, Kind: audit.Kind(r.Kind),
		Subject: r.Subject, Detail: r.Detail, Prev: r.Prev, Hash: r.Hash,
	}
}

// Audit adds a row to the audit log, in the caller's transaction if there is
// one: it stands there exactly if what it records happened.
//
// The row waits for the transaction's end: see chain.
func (s *Store) Audit(ctx context.Context, r audit.Record) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		t := s.transaction(ctx)
		t.audit = append(t.audit, r.Entry(ctx))
		return nil
	})
}

// auditOf is Audit about an account that is known by its row id.
func (s *Store) auditOf(ctx context.Context, account int64, r audit.Record) error {
	err := s.db(ctx).Table("accounts").Select("guid").Where("id = ?", account).Take(&r.Account).Error
	if err != nil {
		return noAccount(err)
	}
	return s.Audit(ctx, r)
}

// chain appends what a transaction wrote down, when all else in it is done. From
// here to the commit it holds the lock of the log's head. Nothing is locked
// after that one, so that it makes no deadlock with the accounts' locks, and
// nobody waits behind it for more than two inserts and a commit.
func (s *Store) chain(ctx context.Context, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var head audit.Head
	q := s.db(ctx).Raw("UPDATE audit_head SET number = number + ? WHERE id = 1 RETURNING number, hash", len(entries)).Scan(&head)
	if q.Error != nil {
		return translate(q.Error)
	}
	if head.Number == 0 {
		return errors.New("store: the audit log has lost its head; nothing is done that could not be written down")
	}
	head.Number -= int64(len(entries))
	list, head := audit.Chain(head, s.now(), entries)
	rows := make([]auditRow, len(list))
	for i, r := range list {
		rows[i] = fromAudit(r)
	}
	if err := s.db(ctx).CreateInBatches(rows, s.batch()).Error; err != nil {
		return translate(err)
	}
	return translate(s.db(ctx).Exec("UPDATE audit_head SET hash = ? WHERE id = 1", head.Hash).Error)
}

// AuditHead is audit.Book's.
func (s *Store) AuditHead(ctx context.Context) (head audit.Head, err error) {
	err = s.db(ctx).Table("audit_head").Where("id = 1").Take(&head).Error
	return head, translate(err)
}

// AuditRows is audit.Book's.
func (s *Store) AuditRows(ctx context.Context, after int64, limit int) ([]audit.Row, error) {
	return findAudit(s.db(ctx).Where("number > ?", after).Order("number"), limit)
}

// AuditSince are the rows about an account, or all if it is empty, that were
// written since a moment, in order, after the one with the number given.
func (s *Store) AuditSince(ctx context.Context, account string, since time.Time, after int64, limit int) ([]audit.Row, error) {
	query := s.db(ctx).Where("number > ? AND at >= ?", after, millis(since)).Order("number")
	if account != "" {
		query = query.Where("account = ?", account)
	}
	return findAudit(query, limit)
}

// AuditBefore are the newest rows about an account, or all if it is empty,
// newest first and all before the one with the number given, if that is not
// zero.
func (s *Store) AuditBefore(ctx context.Context, account string, before int64, limit int) ([]audit.Row, error) {
	query := s.db(ctx).Order("number DESC")
	if before != 0 {
		query = query.Where("number < ?", before)
	}
	if account != "" {
		query = query.Where("account = ?", account)
	}
	return findAudit(query, limit)
}

func findAudit(query *gorm.DB, limit int) ([]audit.Row, error) {
	var rows []auditRow
	if err := query.Limit(limit).Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	list := make([]audit.Row, len(rows))
	for i, r := range rows {
		list[i] = r.row()
	}
	return list, nil
}
