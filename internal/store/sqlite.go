package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	gosqlite "github.com/glebarez/go-sqlite"
	gormsqlite "github.com/glebarez/sqlite"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// maxReaders is how many connections read beside the one that writes.
const maxReaders = 4

// sqlite is the dialect of a pod with nothing else installed.
type sqlite struct {
	db    *sql.DB
	read  *sql.DB
	queue *river.Client[*sql.Tx] // inserts only
}

func (s *Store) openSQLite(_ context.Context, o Options) error {
	path := strings.TrimPrefix(o.DSN, "sqlite:")
	if path == "" {
		path = filepath.Join(o.Dir, "podmove.db")
	}
	if o.Schema == AsItIs {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	} else if err := touch(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return err
	}
	// One connection: SQLite has one writer, and a second connection's
	// transaction fails as busy where it could have waited its turn.
	db.SetMaxOpenConns(1)
	queue, err := inserter(riversqlite.New(db), s.log)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	read, err := readers(path)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	d := &sqlite{db, read, queue}
	s.dialect, s.pool = d, pool{db, connectionWait, s.Lost}
	if s.gorm, err = s.session(gormsqlite.Dialector{Conn: s.pool}); err == nil {
		s.readers, err = s.session(gormsqlite.Dialector{Conn: read})
	}
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// readers are connections that see what is committed and never wait for the one
// that writes (https://sqlite.org/wal.html, Concurrency).
func readers(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqliteDSN(path)+"&_pragma=query_only(1)")
	if err == nil {
		db.SetMaxOpenConns(maxReaders)
		db.SetMaxIdleConns(maxReaders)
	}
	return db, err
}

// touch makes the file and its directory, readable by their owner alone: the
// database holds tokens and keys. SQLite gives its side files the same mode.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// sqliteDSN adds the settings that every connection needs. synchronous(FULL)
// because an acknowledged page must survive a power cut; immediate transactions
// because one that reads before it writes would otherwise fail as busy.
func sqliteDSN(path string) string {
	settings := url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode()
}

func (*sqlite) postgres() bool { return false }
func (*sqlite) workers() int   { return 4 }
func (*sqlite) batch() int     { return 100 }
func (d *sqlite) release()     { _ = d.read.Close() }

func (d *sqlite) migrate(ctx context.Context, version int64) error {
	if err := migrateTables(ctx, goose.DialectSQLite3, "sqlite", d.db, version); err != nil {
		return err
	}
	return migrateJobs(ctx, riversqlite.New(d.db))
}

func (d *sqlite) insert(ctx context.Context, t *transaction, job Job, opts *river.InsertOpts) error {
	_, err := d.queue.InsertTx(ctx, t.tx, job, opts)
	return err
}

func (d *sqlite) runner(cfg *river.Config) (Runner, error) {
	return river.NewClient(riversqlite.New(d.db), cfg)
}

// transient: another process (a backup, a shell) holds the file. The low byte
// of SQLite's extended codes is the primary code, and SQLITE_BUSY is 5.
func (*sqlite) transient(err error) bool {
	var e *gosqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == 5
}
