package storetest

import (
	"testing"

	"podmove/internal/store"
)

// The dialects that a store can speak.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Dialects returns the dialects that every database test runs on.
func Dialects() []string { return []string{SQLite, Postgres} }

// Each runs body as the sub-tests "sqlite" and "postgres", each with a fresh
// empty database of its own.
func Each(t *testing.T, body func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, dialect := range Dialects() {
		t.Run(dialect, func(t *testing.T) { body(t, Open(t, dialect)) })
	}
}

// Open opens a store on a fresh empty database, and closes it when the test
// ends. Each change may set the clock or the logger in the options.
func Open(t testing.TB, dialect string, change ...func(*store.Options)) *store.Store {
	t.Helper()
	o := store.Options{DSN: DSN(t, dialect)}
	for _, c := range change {
		c(&o)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// DSN names a fresh empty database, for tests that open it themselves, more than
// once or in another process. The database goes when the test ends.
func DSN(t testing.TB, dialect string) string {
	t.Helper()
	if dialect == Postgres {
		return PostgresURL(t)
	}
	return "sqlite:" + SQLiteIn(t, t.TempDir())
}
