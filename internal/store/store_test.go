package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

func TestOpen(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect+" finds again what was kept", func(t *testing.T) {
			dsn := storetest.DSN(t, dialect)
			s := open(t, dsn)
			boxes(t, s)
			must(t, put(t.Context(), s, "a"))
			must(t, s.Close())
			s = open(t, dsn)
			defer s.Close()
			wantBoxes(t, s, 1)
		})
	}
	t.Run("keeps SQLite's file from other users, whatever its path holds", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a pod?#%41")
		s, err := store.Open(t.Context(), store.Options{Dir: dir})
		must(t, err)
		defer s.Close()
		for _, name := range []string{"podmove.db", "podmove.db-wal"} {
			info, err := os.Stat(filepath.Join(dir, name))
			must(t, err)
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%s has mode %o", name, mode)
			}
		}
	})
	t.Run("never shows the password of a database that does not answer", func(t *testing.T) {
		_, err := store.Open(t.Context(), store.Options{DSN: "postgres://pod:hunter2@127.0.0.1:1/podmove"})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("got %v", err)
		}
	})
}

func TestOpenTogether(t *testing.T) {
	t.Run("lets two processes bring PostgreSQL's schema up to date at once", func(t *testing.T) {
		dsn := storetest.PostgresURL(t)
		empty(t, dsn)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), store.Options{DSN: dsn})
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if err := s.InTx(t.Context(), func(ctx context.Context) error {
					return s.Enqueue(ctx, chore{"first"}, s.Now())
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("waits while another process migrates PostgreSQL", func(t *testing.T) {
		dsn := storetest.PostgresURL(t)
		other, err := pgx.Connect(t.Context(), dsn)
		must(t, err)
		defer other.Close(context.Background())
		_, err = other.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(store.MigrationLock))
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := store.Open(ctx, store.Options{DSN: dsn}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestStatementLog(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect+" shows statements without their values", func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Log = log })
			boxes(t, s)
			must(t, put(t.Context(), s, "hunter2"))
			if text := out.String(); !strings.Contains(text, "INSERT INTO boxes") || strings.Contains(text, "hunter2") {
				t.Fatal(text)
			}
		})
	}
}

func TestPing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("answers", func(t *testing.T) { must(t, s.Ping(t.Context())) })
		t.Run("gives up with its context", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Ping(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
		})
	})
}

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dsn})
	must(t, err)
	return s
}

// empty takes the schema out of a database.
func empty(t *testing.T, dsn string) {
	t.Helper()
	s := open(t, dsn)
	defer s.Close()
	must(t, s.DB(t.Context()).Exec("DROP SCHEMA public CASCADE").Error)
	must(t, s.DB(t.Context()).Exec("CREATE SCHEMA public").Error)
}
