package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/jobs"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// chore is a job that carries a name.
type chore struct {
	Name string `json:"name"`
}

func (chore) Kind() string { return "chore" }

func TestJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("runs what a committed transaction enqueued, with its arguments", func(t *testing.T) {
			got := make(chan string, 1)
			start(t, s, func(_ context.Context, args json.RawMessage) (jobs.Next, error) {
				var c chore
				err := json.Unmarshal(args, &c)
				got <- c.Name
				return jobs.Next{Done: true}, err
			})
			enqueue(t, s, "a < b", nil)
			if name := receive(t, got); name != "a < b" {
				t.Fatalf("got %q", name)
			}
		})
		t.Run("runs nothing of a transaction that rolled back", func(t *testing.T) {
			got := make(chan string, 2)
			start(t, s, func(_ context.Context, args json.RawMessage) (jobs.Next, error) {
				got <- string(args)
				return jobs.Next{Done: true}, nil
			})
			enqueue(t, s, "dropped", errors.New("no"))
			enqueue(t, s, "kept", nil) // enqueued later, so it would run later
			var c chore
			if err := json.Unmarshal([]byte(receive(t, got)), &c); err != nil || c.Name != "kept" {
				t.Fatalf("got %q, %v", c.Name, err)
			}
		})
		t.Run("runs a job again that asks to go on", func(t *testing.T) {
			var runs atomic.Int32
			done := make(chan int32, 1)
			start(t, s, func(context.Context, json.RawMessage) (jobs.Next, error) {
				n := runs.Add(1)
				if n == 3 {
					done <- n
				}
				return jobs.Next{Done: n >= 3}, nil
			})
			enqueue(t, s, "long", nil)
			receive(t, done)
		})
		t.Run("tries a job again that failed, and then lets it go on", func(t *testing.T) {
			var runs atomic.Int32
			done := make(chan int32, 1)
			start(t, s, func(context.Context, json.RawMessage) (jobs.Next, error) {
				switch n := runs.Add(1); n {
				case 1:
					return jobs.Next{}, errors.New("the other pod does not answer")
				case 2:
					return jobs.Next{}, nil
				default:
					done <- n
					return jobs.Next{Done: true}, nil
				}
			})
			enqueue(t, s, "stubborn", nil)
			receive(t, done)
		})
	})
}

func TestStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("takes up unfinished work", func(t *testing.T) {
			got := make(chan string, 1)
			startWith(t, s, jobs.Options{
				Handlers: map[string]jobs.Handler{"chore": func(_ context.Context, args json.RawMessage) (jobs.Next, error) {
					got <- string(args)
					return jobs.Next{Done: true}, nil
				}},
				Resume: func(ctx context.Context) error {
					return s.InTx(ctx, func(ctx context.Context) error {
						return s.Enqueue(ctx, chore{"unfinished"}, time.Time{})
					})
				},
			})
			receive(t, got)
		})
	})
}

func TestStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("lets a job finish", func(t *testing.T) {
			begun, finished := make(chan bool, 1), make(chan bool, 1)
			stop := start(t, s, func(context.Context, json.RawMessage) (jobs.Next, error) {
				begun <- true
				time.Sleep(200 * time.Millisecond)
				finished <- true
				return jobs.Next{Done: true}, nil
			})
			enqueue(t, s, "short", nil)
			receive(t, begun)
			stop()
			select {
			case <-finished:
			default:
				t.Fatal("stopped while a job was at work")
			}
		})
		t.Run("cancels a job that takes too long, and leaves it to the next start", func(t *testing.T) {
			begun := make(chan bool, 1)
			endless := func(ctx context.Context, _ json.RawMessage) (jobs.Next, error) {
				begun <- true
				<-ctx.Done()
				return jobs.Next{}, ctx.Err()
			}
			stop := startWith(t, s, jobs.Options{
				Handlers: map[string]jobs.Handler{"chore": endless}, Grace: 100 * time.Millisecond,
			})
			enqueue(t, s, "endless", nil)
			receive(t, begun)
			stop()
			again := make(chan bool, 1)
			start(t, s, func(context.Context, json.RawMessage) (jobs.Next, error) {
				again <- true
				return jobs.Next{Done: true}, nil
			})
			receive(t, again)
		})
	})
}

func TestSweep(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	t.Run("runs at the start and again, even after it failed", func(t *testing.T) {
		swept := make(chan bool, 10)
		startWith(t, s, jobs.Options{
			Handlers: map[string]jobs.Handler{"chore": nil},
			Sweeps: []jobs.Sweep{{Name: "dust", Every: 10 * time.Millisecond, Run: func(context.Context) error {
				swept <- true
				return errors.New("dust everywhere")
			}}},
		})
		receive(t, swept)
		receive(t, swept)
	})
}

// start works chores with handle until the test ends or stop is called.
func start(t *testing.T, s *store.Store, handle jobs.Handler) (stop func()) {
	t.Helper()
	return startWith(t, s, jobs.Options{Handlers: map[string]jobs.Handler{"chore": handle}})
}

func startWith(t *testing.T, s *store.Store, o jobs.Options) (stop func()) {
	t.Helper()
	j, err := jobs.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if err := j.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// enqueue adds a chore in a transaction that ends with end.
func enqueue(t *testing.T, s *store.Store, name string, end error) {
	t.Helper()
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Enqueue(ctx, chore{name}, time.Time{}); err != nil {
			return err
		}
		return end
	})
	if !errors.Is(err, end) {
		t.Fatal(err)
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 s")
		panic("unreachable")
	}
}
