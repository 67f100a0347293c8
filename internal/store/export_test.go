package store

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// DB shows tests the handle that queries use.
func (s *Store) DB(ctx context.Context) *gorm.DB { return s.db(ctx) }

// Look shows tests the handle that reads beside transactions.
func (s *Store) Look(ctx context.Context) *gorm.DB { return s.look(ctx) }

// Hurry shortens the wait for a connection. The pool that gorm holds keeps its
// own.
func (s *Store) Hurry(wait time.Duration) {
	s.pool.wait = wait
	s.gorm.ConnPool = s.pool
	s.gorm.Statement.ConnPool = s.pool
}

// Spoke shows tests whether an idle connection would be tried before it is used.
var Spoke = spoke

// Translate shows tests what callers see of an error.
func Translate(err error) error { return translate(err) }

// MigrationLock is the advisory lock under which migrations run.
const MigrationLock = migrationLock

// DumpedTables shows tests of which tables a dump takes rows, and whether the
// database gives out their ids; and of which it does not.
func DumpedTables() (dumped map[string]bool, left map[string]string) {
	dumped = map[string]bool{}
	for _, t := range dumpedTables {
		dumped[t.name] = t.numbered
	}
	return dumped, leftOut
}

// Tables shows tests what is in the database.
func (s *Store) Tables(ctx context.Context) (map[string]bool, error) { return s.tables(ctx) }
