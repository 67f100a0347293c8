package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"podmove/internal/store"
)

// blank is the file of an empty database with the schema in place. Making one
// takes longer than most tests that use it.
var blank = sync.OnceValues(func() (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "podmove-blank")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "podmove.db")
	s, err := store.Open(context.Background(), store.Options{DSN: "sqlite:" + file})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // which moves the journal into the file
		return nil, err
	}
	return os.ReadFile(file)
})

// SQLiteIn puts a fresh, empty SQLite database into a directory, where a pod looks
// for it.
func SQLiteIn(t testing.TB, dir string) (file string) {
	t.Helper()
	raw, err := blank()
	if err != nil {
		t.Fatalf("make an empty database: %v", err)
	}
	file = filepath.Join(dir, "podmove.db")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
