package store

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// A Dump says what was written down of a database.
type Dump struct {
	Schema int64            // its version of the schema
	Origin string           // the pod's public URL
	Rows   map[string]int64 // by table
}

// ErrNoPod means that no pod has ever served from this database.
var ErrNoPod = errors.New("store: no pod has ever served from this database")

// Dump writes down the rows of all tables as they were at one moment, in a form
// that Load takes into either kind of database, and names each photo's bytes to
// photo, in order, once. Others go on reading and writing meanwhile.
//
// What is good for minutes only is left out, and River's own tables: of its jobs
// those are written down that wait or are at work.
func (s *Store) Dump(ctx context.Context, w io.Writer, photo func(sum string, size int64) error) (d Dump, err error) {
	there, err := s.tables(ctx)
	if err != nil {
		return d, err
	}
	if !there["pod"] || !there["goose_db_version"] {
		return d, ErrNoPod
	}
	err = s.snapshot(ctx, func(conn *sql.Conn) error {
		p := &dumper{s: s, ctx: ctx, conn: conn, w: bufio.NewWriterSize(w, 1<<16), rows: map[string]int64{}}
		if err := p.pod(&d); err != nil {
			return err
		}
		for _, t := range dumpedTables {
			if !there[t.name] {
				continue
			}
			if err := p.table(t); err != nil {
				return err
			}
		}
		d.Rows = p.rows
		return errors.Join(p.jobs(), p.photos(photo), p.w.Flush())
	})
	return d, err
}

// snapshot runs fn on a connection that sees the database as it is now, and holds
// nobody up. On SQLite its transaction must not be an immediate one, as those
// that database/sql begins here are, which lock out writers.
func (s *Store) snapshot(ctx context.Context, fn func(*sql.Conn) error) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	begin := "BEGIN DEFERRED"
	if s.postgres() {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	defer func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so that nobody else gets it
		}
	}()
	return fn(conn)
}

// A dumper writes down what one connection sees.
type dumper struct {
	s    *Store
	ctx  context.Context
	conn *sql.Conn
	w    *bufio.Writer
	rows map[string]int64
}

// pod reads whose database it is. The first read is also what SQLite dates the
// transaction from.
func (p *dumper) pod(d *Dump) error {
	err := p.conn.QueryRowContext(p.ctx, "SELECT origin, (SELECT max(version_id) FROM goose_db_version) FROM pod WHERE id = 1").Scan(&d.Origin, &d.Schema)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoPod
	}
	return err
}

func (p *dumper) table(t dumpedTable) error {
	query := "SELECT * FROM " + t.name
	if t.only != "" {
		query += " WHERE " + t.only
	}
	last, err := p.lastNumber(t)
	if err != nil {
		return err
	}
	return p.query(dumpHead{Table: t.name, Last: last}, query)
}

// lastNumber is the last id that was given out, which no row need have any more.
func (p *dumper) lastNumber(t dumpedTable) (last int64, err error) {
	if !t.numbered {
		return 0, nil
	}
	query := "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '" + t.name + "'), 0)"
	if p.s.postgres() {
		query = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('" + t.name + "', 'id')::regclass), 0)"
	}
	return last, p.conn.QueryRowContext(p.ctx, query).Scan(&last)
}

// dumpedJobs is the table of a dump that is not one of the database's.
const dumpedJobs = "jobs"

func (p *dumper) jobs() error {
	args := "json(args)"
	if p.s.postgres() {
		args = "args::text"
	}
	return p.query(dumpHead{Table: dumpedJobs}, "SELECT kind, "+args+" AS args, scheduled_at FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')")
}

// query writes a head, and the rows below it.
func (p *dumper) query(h dumpHead, query string) error {
	rows, err := p.conn.QueryContext(p.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if h.Columns, err = rows.Columns(); err != nil {
		return err
	}
	if err := h.write(p.w); err != nil {
		return err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	values, into := make([]any, len(h.Columns)), make([]any, len(h.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	p.rows[h.Table] = 0
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		truths(types, values)
		if err := writeDumpRow(p.w, values); err != nil {
			return err
		}
		p.rows[h.Table]++
	}
	return rows.Err()
}

// truths makes true and false of SQLite's ones and noughts.
func truths(types []*sql.ColumnType, values []any) {
	for i, v := range values {
		if n, ok := v.(int64); ok && types[i].DatabaseTypeName() == "BOOLEAN" {
			values[i] = n != 0
		}
	}
}

func (p *dumper) photos(see func(sum string, size int64) error) error {
	bytewise := ""
	if p.s.postgres() {
		bytewise = ` COLLATE "C"`
	}
	rows, err := p.conn.QueryContext(p.ctx, "SELECT sha256, max(bytes) FROM photos GROUP BY sha256 ORDER BY sha256"+bytewise)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var sum string
		var size int64
		if err := rows.Scan(&sum, &size); err != nil {
			return err
		}
		if err := see(sum, size); err != nil {
			return err
		}
	}
	return rows.Err()
}
