package store

import (
	"errors"
	"fmt"
	"syscall"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// A roomTeller is a dialector that tells of a full disk as others do.
type roomTeller struct{ gorm.Dialector }

// Translate is gorm.ErrorTranslator.
func (d roomTeller) Translate(err error) error {
	if full(err) {
		return roomless(err)
	}
	if also, ok := d.Dialector.(gorm.ErrorTranslator); ok {
		return also.Translate(err)
	}
	return err
}

// roomless is err as syscall.ENOSPC.
func roomless(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return fmt.Errorf("%w: %w", syscall.ENOSPC, err)
}

// full says whether the database's disk has no room left: disk_full (PostgreSQL,
// appendix A), or SQLITE_FULL, which is 13 (https://sqlite.org/rescode.html).
func full(err error) bool {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code == "53100"
	}
	answer, ok := errors.AsType[*gosqlite.Error](err)
	return ok && answer.Code()&0xff == 13
}
