package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

func TestTries(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			now := time.UnixMilli(1234567890123)
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return now } })
			b := pod.Budget{Burst: 3, Every: time.Minute}
			spend := func(t *testing.T, want time.Duration) {
				t.Helper()
				if wait, err := s.SpendTry(t.Context(), "door", b); err != nil || wait != want {
					t.Errorf("wait %v, %v, want %v", wait, err, want)
				}
			}
			t.Run("gives all at once, then none, and says how long", func(t *testing.T) {
				for range b.Burst {
					spend(t, 0)
				}
				spend(t, time.Minute)
				spend(t, time.Minute) // asking costs nothing
			})
			t.Run("gives one more each time a while has passed", func(t *testing.T) {
				now = now.Add(59 * time.Second)
				spend(t, time.Second)
				now = now.Add(time.Second)
				spend(t, 0)
				spend(t, time.Minute)
			})
			t.Run("takes one back", func(t *testing.T) {
				must(t, s.RegainTry(t.Context(), "door", b))
				spend(t, 0)
				spend(t, time.Minute)
			})
			t.Run("never holds more than the budget", func(t *testing.T) {
				now = now.Add(time.Hour)
				for range b.Burst {
					spend(t, 0)
				}
				spend(t, time.Minute)
			})
			t.Run("counts another name apart", func(t *testing.T) {
				if wait, err := s.SpendTry(t.Context(), "other", b); err != nil || wait != 0 {
					t.Errorf("%v, %v", wait, err)
				}
			})
			t.Run("keeps no row once all is back", func(t *testing.T) {
				rows := func() (n int64) {
					must(t, s.SweepTries(t.Context()))
					must(t, s.DB(t.Context()).Table("tries").Count(&n).Error)
					return n
				}
				if n := rows(); n != 2 {
					t.Errorf("%d rows, want 2", n)
				}
				now = now.Add(3 * time.Minute)
				if n := rows(); n != 0 {
					t.Errorf("%d rows, want none", n)
				}
			})
		})
	}
}

func TestParallelTries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var got atomic.Int64
		var all sync.WaitGroup
		for range 24 {
			all.Go(func() {
				if wait, err := s.SpendTry(t.Context(), "door", pod.Budget{Burst: 5, Every: time.Hour}); err != nil {
					t.Error(err)
				} else if wait == 0 {
					got.Add(1)
				}
			})
		}
		all.Wait()
		if got.Load() != 5 {
			t.Errorf("%d of 24 got through at once, want 5", got.Load())
		}
	})
}
