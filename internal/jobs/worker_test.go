package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

func TestBackOff(t *testing.T) {
	tests := []struct {
		name     string
		failures int // before the present one
		min, max time.Duration
	}{
		{"waits about a second after the first failure", 0, 500 * time.Millisecond, 1500 * time.Millisecond},
		{"waits twice as long after the next", 1, time.Second, 3 * time.Second},
		{"waits for minutes after many", 9, 256 * time.Second, 768 * time.Second},
		{"never waits longer than fifteen minutes", 99, 5 * time.Minute, 15 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			job := &rivertype.JobRow{Errors: make([]rivertype.AttemptError, tt.failures)}
			for range 100 {
				wait := time.Until(backOff{}.NextRetry(job))
				if wait < tt.min-10*time.Millisecond || wait > tt.max {
					t.Fatalf("waits %v, want %v to %v", wait, tt.min, tt.max)
				}
			}
		})
	}
}

func TestWork(t *testing.T) {
	no := errors.New("no")
	minute := Next{After: time.Minute}
	tests := []struct {
		name    string
		next    Next
		err     error
		attempt int
		errors  int
		waiting bool          // an equal job is there already
		want    error         // nil, no or a snooze
		snooze  time.Duration // when it is a snooze
		left    bool          // an equal job waits afterwards
	}{
		{name: "ends a job that is done", next: Next{Done: true}},
		{name: "puts off a job that goes on", next: minute, snooze: time.Minute},
		{name: "ends a job that goes on when an equal one will", next: minute, waiting: true, left: true},
		{name: "goes on as a new job after failures", next: minute, errors: 3, left: true},
		{name: "reports a failure", err: no, attempt: 3, want: no},
		{name: "puts off a job that failed for the last time", err: no, attempt: 25, snooze: maxBackOff},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				args, err := json.Marshal(map[string]string{"test": tt.name})
				if err != nil {
					t.Fatal(err)
				}
				same := work{"chore", args}
				if tt.waiting {
					enqueueLater(t, s, same)
				}
				w := &worker{store: s, log: slog.New(slog.DiscardHandler), handle: func(context.Context, json.RawMessage) (Next, error) {
					return tt.next, tt.err
				}}
				got := w.Work(t.Context(), &river.Job[work]{
					JobRow: &rivertype.JobRow{
						Kind: "chore", Attempt: tt.attempt, MaxAttempts: 25,
						Errors: make([]rivertype.AttemptError, tt.errors),
					},
					Args: work{RawMessage: args},
				})
				wantResult(t, got, tt.want, tt.snooze)
				left, err := s.Waiting(t.Context(), same, s.Now().Add(time.Hour))
				if err != nil || left != tt.left {
					t.Fatalf("an equal job waits: %v, %v, want %v", left, err, tt.left)
				}
			})
		}
	})
}

// TestLastAttempt: at its last attempt no job may end in an error, for River would
// discard it.
func TestLastAttempt(t *testing.T) {
	for name, handle := range map[string]func(stop func()) (Next, error){
		"when its time is over": func(stop func()) (Next, error) { stop(); return Next{}, context.Canceled },
		"when it panics":        func(func()) (Next, error) { panic("on purpose") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			w := &worker{log: slog.New(slog.DiscardHandler), handle: func(context.Context, json.RawMessage) (Next, error) { return handle(stop) }}
			got := w.Work(ctx, &river.Job[work]{JobRow: &rivertype.JobRow{Kind: "chore", Attempt: 25, MaxAttempts: 25}})
			wantResult(t, got, nil, maxBackOff)
		})
	}
}

func wantResult(t *testing.T, got, want error, snooze time.Duration) {
	t.Helper()
	if snooze == 0 {
		if !errors.Is(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		return
	}
	var s *rivertype.JobSnoozeError
	if !errors.As(got, &s) || s.Duration != snooze {
		t.Fatalf("got %v, want a snooze of %v", got, snooze)
	}
}

func enqueueLater(t *testing.T, s *store.Store, job store.Job) {
	t.Helper()
	if err := s.InTx(t.Context(), func(ctx context.Context) error {
		return s.Enqueue(ctx, job, s.Now().Add(30*time.Second))
	}); err != nil {
		t.Fatal(err)
	}
}
