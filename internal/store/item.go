package store

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/transfer"
)

// head is what the row of every item begins with.
type head struct {
	AccountID int64
	GUID      string          // at this pod
	Seq       int64           // the account's change number of its last change
	Digest    transfer.Digest // of its canonical JSON; empty if it has none and cannot travel
	Size      int64           // bytes of its canonical JSON
}

// placed is an item with its place in an account: what a row is made of.
type placed struct {
	head
	item    transfer.Item
	file    string // a photo's address: /uploads/images/{file}
	written bool   // a profile that somebody filled in, and that no move replaces unasked (Protocol §3.9)
	again   bool   // the row is there and gets new content
}

// standing is what a write has to know of a row that is there.
type standing struct {
	GUID    string
	Digest  transfer.Digest
	Person  string // whom a block or contact is about
	Written bool   // of a profile
}

// A shelf keeps the items of one collection. It is the only place that knows
// their tables; every write of an item goes through its save, so that digest,
// size and change number cannot fall behind (Protocol §3.5).
type shelf interface {
	table() string
	decode(e transfer.Entry) (transfer.Item, error)
	// standing finds rows of the account under any of the guids, and those
	// that one of the items may not stand beside.
	standing(ctx context.Context, s *Store, account int64, guids []string, items []transfer.Item) ([]standing, error)
	// save writes rows with all that they own. ErrConflict means that another
	// account was faster with a guid or file name.
	save(ctx context.Context, s *Store, items []placed) error
	// read scans q, a query for rows of the table, until each says no.
	read(q *gorm.DB, each func(head, transfer.Item) (more bool)) error
}

// shelfOf is the shelf of a collection.
func shelfOf(c transfer.Collection) (shelf, error) {
	switch c {
	case transfer.Profiles:
		return profiles{}, nil
	case transfer.Blocks:
		return blocks{}, nil
	case transfer.Aspects:
		return aspects{}, nil
	case transfer.Contacts:
		return contacts{}, nil
	case transfer.Posts:
		return posts{}, nil
	case transfer.Photos:
		return photos{}, nil
	}
	return nil, transfer.Errorf(transfer.AnswerInvalid, "there is no collection %.20q", c)
}

// collectionOf is the collection of a shelf.
func collectionOf(sh shelf) transfer.Collection {
	if sh == shelf(profiles{}) {
		return transfer.Profiles // the one that is not named as its table is
	}
	return transfer.Collection(sh.table())
}

func decode[T transfer.Item](e transfer.Entry) (transfer.Item, error) { return transfer.Decode[T](e) }

// put gives items their change numbers and saves them. The items are of one
// account and one shelf.
func (s *Store) put(ctx context.Context, sh shelf, account int64, items []placed) error {
	if len(items) == 0 {
		return nil
	}
	first, err := s.numbers(ctx, account, len(items))
	if err != nil {
		return err
	}
	for i := range items {
		items[i].AccountID, items[i].Seq = account, first+int64(i)
	}
	return sh.save(ctx, s, items)
}

// lock holds other writers of the account off until the transaction ends, so
// that change numbers never commit out of order (Protocol §4.1).
func (s *Store) lock(ctx context.Context, account int64) error {
	_, err := s.numbers(ctx, account, 0)
	return err
}

// numbers takes the account's next n change numbers, and with them its lock. It
// answers the first. An account that stands still gives none.
func (s *Store) numbers(ctx context.Context, account int64, n int) (first int64, err error) {
	if s.transaction(ctx) == nil {
		return 0, ErrNoTransaction
	}
	var last int64
	q := s.db(ctx).Raw("UPDATE accounts SET seq = seq + ? WHERE id = ? RETURNING seq", n, account).Scan(&last)
	if q.Error != nil {
		return 0, translate(q.Error)
	}
	if q.RowsAffected == 0 {
		return 0, ErrNotFound
	}
	if n > 0 {
		if err := s.still(ctx, account); err != nil {
			return 0, err
		}
	}
	return last - int64(n) + 1, nil
}

// upsert inserts rows, or gives the named columns to the row that has the same
// key. A row that the key finds in another account is left alone and answered
// with ErrConflict.
func upsert[R any](db *gorm.DB, batch int, table string, rows []R, key, columns []string) error {
	if len(rows) == 0 {
		return nil
	}
	conflict := clause.OnConflict{DoUpdates: clause.AssignmentColumns(columns)}
	for _, k := range key {
		conflict.Columns = append(conflict.Columns, clause.Column{Name: k})
	}
	conflict.Where.Exprs = []clause.Expression{gorm.Expr(table + ".account_id = excluded.account_id")}
	q := db.Table(table).Clauses(conflict).CreateInBatches(rows, batch)
	if q.Error == nil && q.RowsAffected != int64(len(rows)) {
		return ErrConflict
	}
	return translate(q.Error)
}

// readRows scans q into rows of type R.
func readRows[R any](q *gorm.DB, each func(*R) (more bool)) (err error) {
	rows, err := q.Rows()
	if err != nil {
		return translate(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row R
		if err := q.ScanRows(rows, &row); err != nil {
			return err
		}
		if !each(&row) {
			return nil
		}
	}
	return rows.Err()
}

// inChunks calls fn with a thousand of the list at a time: a database takes a
// bounded number of values in one statement.
func inChunks[T any](list []T, fn func([]T) error) error {
	for chunk := range slices.Chunk(list, 1000) {
		if err := fn(chunk); err != nil {
			return err
		}
	}
	return nil
}

// guids names items.
func guids(items []placed) []string {
	list := make([]string, len(items))
	for i, p := range items {
		list[i] = p.GUID
	}
	return list
}
