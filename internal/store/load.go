package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrNotEmpty means that a dump was to be loaded over what is there.
var ErrNotEmpty = errors.New("store: this database is not empty")

// DumpedKeys are the sealed keys in a dump, which stand near its beginning.
func DumpedKeys(r io.Reader) (list []SealedKey, err error) {
	var at dumpHead
	over := errors.New("over")
	err = readDump(r, func(h dumpHead) error {
		if at.Table == "keys" {
			return over
		}
		at = h
		return nil
	}, func(values []any) error {
		if at.Table != "keys" {
			return nil
		}
		var k SealedKey
		for i, column := range at.Columns {
			switch column {
			case "kid":
				k.ID, _ = values[i].(string)
			case "purpose":
				k.Purpose, _ = values[i].(string)
			case "sealed":
				k.Sealed, _ = values[i].([]byte)
			}
		}
		list = append(list, k)
		return nil
	})
	if errors.Is(err, over) {
		err = nil
	}
	return list, err
}

// Load takes a dump into an empty database, all of it or nothing, and gives the
// database a new epoch: cursors into what was there before are worth nothing
// (Protocol §4.2). The database must have the schema of the dump; open is called
// anew if the transaction has to be.
func (s *Store) Load(ctx context.Context, epoch string, open func() (io.ReadCloser, error)) (rows map[string]int64, err error) {
	return rows, s.InTx(ctx, func(ctx context.Context) error {
		empty, err := s.Empty(ctx)
		if err != nil {
			return err
		}
		if !empty {
			return ErrNotEmpty
		}
		r, err := open()
		if err != nil {
			return err
		}
		defer r.Close()
		l := &loader{s: s, ctx: ctx, rows: map[string]int64{}}
		if err := readDump(r, l.head, l.row); err != nil {
			return err
		}
		rows = l.rows
		if err := l.flush(); err != nil {
			return err
		}
		return translate(s.db(ctx).Exec("UPDATE pod SET epoch = ? WHERE id = 1", epoch).Error)
	})
}

// A loader puts rows into tables, some at a time.
type loader struct {
	s     *Store
	ctx   context.Context
	at    dumpHead
	batch [][]any
	rows  map[string]int64
}

// head begins the next table.
func (l *loader) head(h dumpHead) error {
	if err := l.flush(); err != nil {
		return err
	}
	l.at = h
	l.rows[h.Table] += 0
	if h.Table == dumpedJobs {
		return nil
	}
	t, err := dumpedNamed(h.Table)
	if err != nil {
		return err
	}
	for _, column := range h.Columns {
		if strings.Trim(column, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			return fmt.Errorf("store: a dump has a column %.60q", column)
		}
	}
	if t.numbered {
		return l.goOnFrom(h.Last + unknown)
	}
	return nil
}

// unknown is how many ids may have been given out between the dump and its
// loading. They are not given out again: old addresses, /p/{id}, are made of
// them.
const unknown = 1_000_000

func (l *loader) goOnFrom(last int64) error {
	if l.s.postgres() {
		return l.s.db(l.ctx).Exec("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", l.at.Table, last).Error
	}
	return errors.Join(
		l.s.db(l.ctx).Exec("DELETE FROM sqlite_sequence WHERE name = ?", l.at.Table).Error,
		l.s.db(l.ctx).Exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", l.at.Table, last).Error,
	)
}

func (l *loader) row(values []any) error {
	l.rows[l.at.Table]++
	if l.at.Table == dumpedJobs {
		return l.job(values)
	}
	l.batch = append(l.batch, values)
	if len(l.batch) < l.s.batch() {
		return nil
	}
	return l.flush()
}

// flush inserts the rows that wait. It goes round gorm, which would take an empty
// run of bytes for NULL.
func (l *loader) flush() error {
	if len(l.batch) == 0 {
		return nil
	}
	var args []any
	for _, values := range l.batch {
		args = append(args, values...)
	}
	query := l.insertion(len(l.batch))
	l.batch = l.batch[:0]
	if _, err := l.s.transaction(l.ctx).tx.ExecContext(l.ctx, query, args...); err != nil {
		return fmt.Errorf("store: rows of %s: %w", l.at.Table, err)
	}
	return nil
}

// insertion is the statement for so many rows.
func (l *loader) insertion(rows int) string {
	var q strings.Builder
	q.WriteString("INSERT INTO " + l.at.Table + ` ("` + strings.Join(l.at.Columns, `","`) + `")`)
	if l.s.postgres() {
		q.WriteString(" OVERRIDING SYSTEM VALUE")
	}
	q.WriteString(" VALUES ")
	for row := range rows {
		for column := range l.at.Columns {
			q.WriteString(opening(row, column))
			if l.s.postgres() {
				fmt.Fprintf(&q, "$%d", row*len(l.at.Columns)+column+1)
			} else {
				q.WriteByte('?')
			}
		}
		q.WriteByte(')')
	}
	if l.at.Table == auditHeads {
		q.WriteString(" ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash")
	}
	return q.String()
}

// opening is what stands before a value.
func opening(row, column int) string {
	switch {
	case column > 0:
		return ","
	case row > 0:
		return ",("
	default:
		return "("
	}
}

// A loadedJob is one whose kind only its handler knows.
type loadedJob struct {
	kind string
	args json.RawMessage
}

// Kind is Job's.
func (j loadedJob) Kind() string { return j.kind }

// MarshalJSON gives the arguments.
func (j loadedJob) MarshalJSON() ([]byte, error) { return j.args, nil }

func (l *loader) job(values []any) error {
	if len(values) != 3 {
		return errors.New("store: a job in a dump has not three values")
	}
	kind, _ := values[0].(string)
	args, _ := values[1].(string)
	due, _ := values[2].(int64)
	if kind == "" || !json.Valid([]byte(args)) {
		return errors.New("store: a job in a dump has no kind or no arguments")
	}
	return l.s.Enqueue(l.ctx, loadedJob{kind, bytes.TrimSpace([]byte(args))}, time.UnixMilli(due))
}
