package store

import (
	"errors"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"
)

// full says whether the database's disk has no room left: disk_full (PostgreSQL,
// appendix A), or SQLITE_FULL, which is 13 (https://sqlite.org/rescode.html).
func full(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code == "53100"
	}
	answer, ok := errors.AsType[*gosqlite.Error](err)
	return ok && answer.Code()&0xff == 13
}
