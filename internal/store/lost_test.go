package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"podmove/internal/cluster"
	"podmove/internal/store"
)

// TestRestart: PostgreSQL is started anew beneath a store whose connections idle,
// wait, or are in the middle of a transaction.
func TestRestart(t *testing.T) {
	c, err := cluster.Start()
	must(t, err)
	defer c.Close()
	dsn, err := c.Database(t.Context(), "podmove")
	must(t, err)
	must(t, c.Tell(t.Context(), "ALTER DATABASE podmove SET synchronous_commit = on")) // what was committed stays
	s := open(t, dsn)
	defer s.Close()
	boxes(t, s)
	must(t, put(t.Context(), s, "a"))
	for name, atOnce := range map[string]bool{"fast": false, "at once": true} {
		t.Run(name+", what was idle is replaced before anybody uses it", func(t *testing.T) {
			idle(t, s, 8)
			must(t, c.Restart(t.Context(), atOnce))
			for range 12 {
				wantBoxes(t, s, 1)
			}
		})
		t.Run(name+", a transaction is run again if it was not yet to be committed", func(t *testing.T) {
			runs, before := 0, sum(t, s)
			must(t, s.InTx(t.Context(), func(ctx context.Context) error {
				if runs++; runs == 1 {
					must(t, add(ctx, s, "a"))
					must(t, c.Restart(t.Context(), atOnce))
				}
				return add(ctx, s, "a")
			}))
			if after := sum(t, s); runs != 2 || after != before+1 {
				t.Errorf("%d runs added %d", runs, after-before)
			}
		})
		t.Run(name+", a transaction whose end nobody heard of is not run again", func(t *testing.T) {
			runs := 0
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				runs++
				must(t, c.Restart(t.Context(), atOnce)) // COMMIT is all that follows
				return nil
			})
			if err == nil || runs != 1 {
				t.Errorf("%d runs: %v", runs, err)
			}
		})
	}
	t.Run("a query waits for a server that is not there yet", func(t *testing.T) {
		where, err := pgx.ParseConfig(c.Admin)
		must(t, err)
		must(t, c.Tell(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'podmove'"))
		socket := filepath.Join(where.Host, ".s.PGSQL.5432")
		must(t, os.Rename(socket, socket+".away"))
		back := make(chan error, 1)
		time.AfterFunc(300*time.Millisecond, func() { back <- os.Rename(socket+".away", socket) })
		wantBoxes(t, s, 1)
		must(t, <-back)
	})
}

// idle leaves n connections in the pool.
func idle(t *testing.T, s *store.Store, n int) {
	t.Helper()
	var open func(left int) error
	open = func(left int) error {
		if left == 0 {
			return nil
		}
		return s.InTx(t.Context(), func(context.Context) error { return open(left - 1) })
	}
	must(t, open(n))
}

func sum(t *testing.T, s *store.Store) (n int64) {
	t.Helper()
	must(t, s.DB(t.Context()).Raw("SELECT CAST(SUM(n) AS BIGINT) FROM boxes").Scan(&n).Error)
	return n
}
