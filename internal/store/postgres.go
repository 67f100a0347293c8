package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	gormpostgres "gorm.io/driver/postgres"
)

// maxConnections is the pool's size unless the DSN has pool_max_conns. River
// listens on one of them.
const maxConnections = 16

// migrationLock is the advisory lock under which migrations run. The number
// means nothing; it only has to be the same in every process.
const migrationLock = 7_630_668_365

// postgres is the dialect of a pod that runs for real. gorm and River share one
// pgx pool: gorm through database/sql, River directly.
type postgres struct {
	db    *sql.DB
	pgx   *pgxpool.Pool
	queue *river.Client[pgx.Tx] // inserts only
}

func (s *Store) openPostgres(ctx context.Context, o Options) error {
	cfg, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		return err
	}
	if !strings.Contains(o.DSN, "pool_max_conns") {
		cfg.MaxConns = maxConnections
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ShouldPing = suspect
	pgxPool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	queue, err := inserter(riverpgxv5.New(pgxPool), s.log)
	if err != nil {
		pgxPool.Close()
		return err
	}
	d := &postgres{stdlib.OpenDBFromPool(pgxPool), pgxPool, queue}
	s.dialect, s.pool = d, pool{d.db, connectionWait, s.Lost}
	if s.gorm, err = s.session(gormpostgres.New(gormpostgres.Config{Conn: s.pool})); err != nil {
		return errors.Join(err, s.Close())
	}
	s.readers = s.gorm
	return nil
}

func (*postgres) postgres() bool { return true }
func (*postgres) workers() int   { return 8 }
func (*postgres) batch() int     { return 500 }
func (d *postgres) release()     { d.pgx.Close() }

func (d *postgres) migrate(ctx context.Context, version int64) error {
	return d.locked(ctx, func() error {
		if err := migrateTables(ctx, goose.DialectPostgres, "postgres", d.db, version); err != nil {
			return err
		}
		return migrateJobs(ctx, riverpgxv5.New(d.pgx))
	})
}

// locked runs fn under the migration lock. It asks again and again rather than
// waiting inside PostgreSQL, where the wait would count as a transaction that
// CREATE INDEX CONCURRENTLY waits for in turn.
func (d *postgres) locked(ctx context.Context, fn func() error) error {
	return d.pgx.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		for held := false; !held; {
			err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&held)
			if err != nil {
				return err
			}
			if !held {
				if err := pause(ctx, 100*time.Millisecond); err != nil {
					return err
				}
			}
		}
		defer func() { // the end of the connection would free the lock, too
			_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		}()
		return fn()
	})
}

func (d *postgres) runner(cfg *river.Config) (Runner, error) {
	return river.NewClient(riverpgxv5.New(d.pgx), cfg)
}

// transient: serialization_failure and deadlock_detected (PostgreSQL,
// appendix A).
func (*postgres) transient(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// noText: character_not_in_repertoire. PostgreSQL will not even look for a value
// with a NUL or with bytes that are not UTF-8, which strangers may write into
// an address; SQLite looks, and finds nothing.
func noText(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "22021"
}

// insert hands River the connection of the transaction that database/sql holds
// open.
func (d *postgres) insert(ctx context.Context, t *transaction, job Job, opts *river.InsertOpts) error {
	return t.conn.Raw(func(driverConn any) error {
		lent := lentTx{driverConn.(*stdlib.Conn).Conn()}
		_, err := d.queue.InsertTx(ctx, lent, job, opts)
		return err
	})
}

// lentTx shows a connection on which database/sql has a transaction open as a
// pgx.Tx. It is a loan: who borrows it can neither end the transaction nor nest
// another in it.
type lentTx struct{ *lentConn }

// lentConn is pgx.Conn under a name that leaves Conn to the method.
type lentConn = pgx.Conn

var errLent = errors.New("store: the transaction is lent and cannot be begun, committed or rolled back here")

func (lentTx) Begin(context.Context) (pgx.Tx, error) { return nil, errLent }
func (lentTx) Commit(context.Context) error          { return errLent }
func (lentTx) Rollback(context.Context) error        { return errLent }
func (lentTx) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }
func (t lentTx) Conn() *pgx.Conn                     { return t.lentConn }
