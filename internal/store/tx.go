package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"podmove/internal/audit"
)

// maxRuns is how often InTx runs its function when the database asks for it.
const maxRuns = 5

// transaction is an open transaction: one *sql.Tx on one *sql.Conn, and gorm's
// handle on it. River needs the first on SQLite and the second on PostgreSQL.
type transaction struct {
	conn  *sql.Conn
	tx    *sql.Tx
	gorm  *gorm.DB
	audit []audit.Entry // for the log, when all else is done
}

// transactionKey finds a Store's transaction in a context. It holds the Store,
// as one process may run several pods.
type transactionKey struct{ s *Store }

func (s *Store) transaction(ctx context.Context) *transaction {
	t, _ := ctx.Value(transactionKey{s}).(*transaction)
	return t
}

// InTx runs fn in a transaction: committed when fn returns nil, rolled back when
// it returns an error or panics. The transaction travels in the context that fn
// gets. A call inside fn joins the outer transaction, and its error must be
// returned, since the database may have given the whole transaction up.
//
// When the database reports a deadlock, a serialization failure or a busy file,
// or ends the connection before COMMIT was sent, the outermost InTx rolls back and
// runs fn again, up to five times in all. So fn must not do what cannot be done
// twice: no HTTP, no blob, no appending to a slice from outside. What may have been
// committed is never run again. A database without room is syscall.ENOSPC.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.transaction(ctx) != nil {
		return fn(ctx)
	}
	for run := 1; ; run++ {
		err := s.runTx(ctx, fn)
		if full(err) {
			return roomless(err)
		}
		_, lost := errors.AsType[lostError](err)
		if err == nil || run == maxRuns || ctx.Err() != nil || !lost && !s.transient(err) {
			return err
		}
		if err := backOff(ctx, run); err != nil {
			return err
		}
	}
}

func (s *Store) runTx(ctx context.Context, fn func(ctx context.Context) error) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		err = fmt.Errorf("store: begin a transaction: %w", err)
		if s.ended(conn) {
			err = lostError{err}
		}
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	t := &transaction{conn: conn, tx: tx, gorm: s.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})}
	t.gorm.Statement.ConnPool = tx
	ctx = context.WithValue(ctx, transactionKey{s}, t)
	err = fn(ctx)
	if err == nil {
		err = s.chain(ctx, t.audit)
	}
	if err != nil && s.ended(conn) {
		return lostError{err}
	}
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// backOff waits about 10 ms after the first run and twice as long after each
// further one, with jitter, so that two that met do not meet again.
func backOff(ctx context.Context, run int) error {
	step := 10 * time.Millisecond << (run - 1)
	return pause(ctx, step/2+rand.N(step))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
