package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// connectionWait bounds how long a statement waits for a connection. Everything
// that holds one does so for a page of rows or less, so that a longer wait means
// a query made beside its own transaction, or a database that is gone.
const connectionWait = 20 * time.Second

// restartWait is how long a statement waits for a database that refuses
// connections. Nothing was begun by then.
const restartWait = 5 * time.Second

// ErrNoConnection means that no database connection came free in time.
var ErrNoConnection = errors.New("store: no database connection came free in time " +
	"(inside InTx, use the context that the function was given)")

// pool is a *sql.DB that waits a bounded time for a connection. With SQLite's
// single connection an unbounded wait would be for ever.
type pool struct {
	*sql.DB
	wait time.Duration
	lost func(error) bool // the database takes no connection just now
}

// Conn is sql.DB's, except that it fails with ErrNoConnection after p.wait, and
// waits a little for a database that is started anew.
func (p pool) Conn(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, p.wait, ErrNoConnection)
	defer cancel()
	for end := time.Now().Add(restartWait); ; {
		conn, err := p.DB.Conn(waiting)
		switch {
		case err == nil:
			return conn, nil
		case errors.Is(context.Cause(waiting), ErrNoConnection):
			return nil, ErrNoConnection
		case !p.lost(err) || time.Now().After(end):
			return nil, err
		}
		if err := pause(waiting, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// free waits until a connection can be had. The statement that follows takes
// one for itself: a lifetime shorter than the context's cannot be given to it,
// as its rows are read after it has returned.
func (p pool) free(ctx context.Context) error {
	conn, err := p.Conn(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// ExecContext is sql.DB's after a bounded wait.
func (p pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := p.free(ctx); err != nil {
		return nil, err
	}
	return p.DB.ExecContext(ctx, query, args...)
}

// QueryContext is sql.DB's after a bounded wait.
func (p pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.free(ctx); err != nil {
		return nil, err
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// GetDBConn lets gorm find the *sql.DB.
func (p pool) GetDBConn() (*sql.DB, error) { return p.DB, nil }
