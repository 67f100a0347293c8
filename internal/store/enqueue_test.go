package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

type chore struct {
	Name string `json:"name"`
}

func (chore) Kind() string { return "chore" }

func TestEnqueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("refuses outside a transaction", func(t *testing.T) {
			if err := s.Enqueue(t.Context(), chore{"alone"}, time.Time{}); !errors.Is(err, store.ErrNoTransaction) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("adds the job when the transaction commits", func(t *testing.T) {
			enqueue(t, s, chore{"kept"}, time.Time{}, nil)
			wantWaiting(t, s, chore{"kept"}, time.Time{}, true)
		})
		t.Run("adds nothing when the transaction rolls back", func(t *testing.T) {
			enqueue(t, s, chore{"dropped"}, time.Time{}, errors.New("no"))
			wantWaiting(t, s, chore{"dropped"}, time.Time{}, false)
		})
		t.Run("adds nothing when an equal job waits already", func(t *testing.T) {
			soon := s.Now().Add(time.Minute)
			for _, at := range []time.Time{soon, soon, soon.Add(time.Hour), {}, {}} {
				enqueue(t, s, chore{"one"}, at, nil)
			}
			enqueue(t, s, chore{"another"}, soon, nil)
			var jobs int64
			must(t, s.DB(t.Context()).Table("river_job").
				Where("args->>'name' = 'one'").Count(&jobs).Error)
			if jobs != 2 {
				t.Fatalf("%d jobs, want one for soon and one for now", jobs)
			}
		})
		t.Run("adds a job while an equal one is at work, or was when its process died", func(t *testing.T) {
			enqueue(t, s, chore{"dead"}, time.Time{}, nil)
			dead := s.DB(t.Context()).Table("river_job").Where("args->>'name' = 'dead'")
			must(t, dead.Update("state", "running").Error)
			wantWaiting(t, s, chore{"dead"}, time.Time{}, false)
			enqueue(t, s, chore{"dead"}, time.Time{}, nil)
			wantWaiting(t, s, chore{"dead"}, time.Time{}, true)
		})
		t.Run("takes up what a process was at when it died, and nothing of another kind", func(t *testing.T) {
			enqueue(t, s, chore{"left"}, time.Time{}, nil)
			must(t, s.DB(t.Context()).Table("river_job").Where("args->>'name' = 'left'").Update("state", "running").Error)
			must(t, s.TakeUp(t.Context(), "other"))
			wantWaiting(t, s, chore{"left"}, time.Time{}, false)
			must(t, s.TakeUp(t.Context(), "other", "chore"))
			wantWaiting(t, s, chore{"left"}, time.Time{}, true)
		})
		t.Run("keeps an equal job from workers until the transaction ends, and misses none that is being fetched", func(t *testing.T) {
			if s.DB(t.Context()).Name() != storetest.Postgres {
				return // on SQLite a transaction keeps every other out
			}
			fetch := "SELECT id FROM river_job WHERE args->>'name' = 'fetched' FOR UPDATE SKIP LOCKED"
			var ids []int64
			enqueue(t, s, chore{"fetched"}, time.Time{}, nil)
			must(t, s.InTx(t.Context(), func(ctx context.Context) error {
				must(t, s.Enqueue(ctx, chore{"fetched"}, time.Time{}))
				return s.DB(t.Context()).Raw(fetch).Scan(&ids).Error
			}))
			if len(ids) != 0 {
				t.Errorf("a worker would begin job %d before the transaction is committed", ids)
			}
			must(t, s.InTx(t.Context(), func(ctx context.Context) error {
				must(t, s.DB(ctx).Raw(fetch).Scan(&ids).Error)
				enqueue(t, s, chore{"fetched"}, time.Time{}, nil)
				return nil
			}))
			must(t, s.DB(t.Context()).Raw(fetch).Scan(&ids).Error)
			if len(ids) != 2 {
				t.Errorf("%d jobs, want the one that was being fetched and one more", len(ids))
			}
		})
		t.Run("keeps a job for later", func(t *testing.T) {
			later := time.Now().Add(time.Hour)
			enqueue(t, s, chore{"later"}, later, nil)
			wantWaiting(t, s, chore{"later"}, time.Time{}, false)
			wantWaiting(t, s, chore{"later"}, later.Add(time.Second), true)
		})
	})
}

func enqueue(t *testing.T, s *store.Store, job store.Job, at time.Time, end error) {
	t.Helper()
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Enqueue(ctx, job, at); err != nil {
			t.Fatal(err)
		}
		return end
	})
	if !errors.Is(err, end) {
		t.Fatalf("got %v, want %v", err, end)
	}
}

func wantWaiting(t *testing.T, s *store.Store, job store.Job, at time.Time, want bool) {
	t.Helper()
	got, err := s.Waiting(t.Context(), job, at)
	if err != nil || got != want {
		t.Fatalf("waiting: got %v, %v, want %v", got, err, want)
	}
}
