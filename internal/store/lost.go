package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// pingAfter is for how long an idle connection is believed to be good when its
// server says nothing: a network may have forgotten it without a word.
const pingAfter = time.Second

// suspect says whether a connection of the pool is to be tried before it is used.
// One that its server has ended, as when PostgreSQL is started anew, is then
// replaced, and nobody's request fails for it.
func suspect(_ context.Context, p pgxpool.ShouldPingParams) bool {
	return p.IdleDuration > pingAfter || spoke(p.Conn.PgConn().Conn())
}

// lostError is the end of a transaction whose connection ended before COMMIT was
// sent: it left nothing, and may be run again.
type lostError struct{ error }

// Unwrap is errors.Is's and errors.As's.
func (e lostError) Unwrap() error { return e.error }

// ended says whether the connection is gone. database/sql has closed its side by
// then if it noticed.
func (*postgres) ended(conn *sql.Conn) (gone bool) {
	err := conn.Raw(func(driverConn any) error {
		gone = driverConn.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return gone || err != nil
}

func (*sqlite) ended(*sql.Conn) bool { return false }

// Lost says whether an error is that of a database which ended the connection or
// takes none just now (PostgreSQL, appendix A: classes 08 and 57P). Whoever met
// it may have done something or nothing.
func (s *Store) Lost(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57P")
	}
	if _, ok := errors.AsType[lostError](err); ok {
		return true
	}
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}
