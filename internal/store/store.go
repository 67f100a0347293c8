package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"gorm.io/gorm"
)

// Options say which database to open and what the Store works with.
type Options struct {
	// DSN names the database: "postgres://…" or "postgresql://…" for
	// PostgreSQL, "sqlite:PATH" or a bare path for SQLite. Empty means the
	// SQLite file podmove.db in Dir. PostgreSQL is used over 16 connections
	// at most; "pool_max_conns=…" among the URL's parameters says otherwise.
	DSN string
	// Dir is the pod's data directory. It is made if it is missing, and only
	// looked at when DSN is empty.
	Dir string
	// Schema is the version that the schema is brought to, if it is older; 0
	// means the newest, and AsItIs leaves the schema alone and makes no database.
	Schema int64
	// Log hears about slow statements and, at debug level, about every
	// statement with placeholders for its values. Nil means silence.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// AsItIs among the Options is for who only looks.
const AsItIs = -1

// Store is an open database with its schema up to date. It is safe for
// concurrent use.
type Store struct {
	gorm    *gorm.DB
	readers *gorm.DB // the same, or connections of SQLite that only read
	pool    pool
	dialect
	log *slog.Logger
	now func() time.Time
}

// dialect is what differs between the two databases beneath gorm.
type dialect interface {
	postgres() bool
	// batch is how many rows are inserted in one statement.
	batch() int
	workers() int
	// migrate brings River's tables up to date, and the pod's to a version, which
	// is 0 for the newest.
	migrate(ctx context.Context, version int64) error
	// insert adds a job inside t.
	insert(ctx context.Context, t *transaction, job Job, opts *river.InsertOpts) error
	// runner makes a River client that works jobs.
	runner(cfg *river.Config) (Runner, error)
	// transient says whether the database asks for the transaction to be run
	// again from its start.
	transient(err error) bool
	// ended says whether a connection is gone.
	ended(conn *sql.Conn) bool
	// release closes what lies beneath the pool.
	release()
}

// Open opens the database that o names and brings its schema up to date. Two
// processes may open one PostgreSQL database at the same time; the second waits
// for the first one's migrations.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	open := s.openSQLite
	if isPostgres(o.DSN) {
		open = s.openPostgres
	}
	if err := open(ctx, o); err != nil {
		return nil, fmt.Errorf("store: open the database: %w", err)
	}
	if o.Schema == AsItIs {
		return s, nil
	}
	if err := s.migrate(ctx, o.Schema); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: bring the schema up to date: %w", err)
	}
	return s, nil
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.PingContext(ctx)
}

// Close gives back every connection. Stop the runners first.
func (s *Store) Close() error {
	err := s.pool.Close()
	s.release()
	return err
}

// Now is the time of the Store's clock, in UTC.
func (s *Store) Now() time.Time { return s.now().UTC() }

// db returns the handle that a query under ctx must use: that of the
// transaction in ctx if there is one, else the pool's.
func (s *Store) db(ctx context.Context) *gorm.DB {
	if t := s.transaction(ctx); t != nil {
		return t.gorm.WithContext(ctx)
	}
	return s.gorm.WithContext(ctx)
}

// look is db for a query that many make at once outside of transactions. It is
// for reading alone.
func (s *Store) look(ctx context.Context) *gorm.DB {
	if t := s.transaction(ctx); t != nil {
		return t.gorm.WithContext(ctx)
	}
	return s.readers.WithContext(ctx)
}

// one is the row that a query finds, if there is one. (gorm makes room for twenty
// where it is asked for a list.)
func one[T any](query *gorm.DB) (row T, found bool, err error) {
	done := query.Limit(1).Find(&row)
	return row, done.RowsAffected == 1, translate(done.Error)
}

// session opens gorm on a pool.
func (s *Store) session(d gorm.Dialector) (*gorm.DB, error) {
	return gorm.Open(roomTeller{d}, &gorm.Config{
		Logger:                 statementLog{s.log},
		TranslateError:         true,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		NowFunc:                s.Now,
	})
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}
