package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"podmove/internal/store"
)

// work is a job of any kind with its arguments left as JSON. River wants a Go
// type for each kind; this one serves for all, since the kind it is registered
// under is taken from a value and not from the type.
type work struct {
	kind string
	json.RawMessage
}

// Kind returns the kind of the job.
func (w work) Kind() string { return w.kind }

// worker lets a Handler work jobs of one kind for River.
type worker struct {
	river.WorkerDefaults[work]
	store  *store.Store
	handle Handler
	log    *slog.Logger
}

// Work runs the handler once.
func (w *worker) Work(ctx context.Context, job *river.Job[work]) error {
	next, err := w.handled(ctx, job.Args.RawMessage)
	for errors.Is(err, syscall.ENOSPC) && rest(ctx) { // how the job ended could not be noted either
		w.log.WarnContext(ctx, "a job waits for room on the disk", "kind", job.Kind, "job", job.ID, "error", err)
		next, err = w.handled(ctx, job.Args.RawMessage)
	}
	switch {
	case err != nil:
		return w.failed(ctx, job, err)
	case next.Done:
		return nil
	default:
		return w.again(ctx, job, next.After)
	}
}

// handled makes a panic an error like any other: River would discard the job at
// its last attempt.
func (w *worker) handled(ctx context.Context, args json.RawMessage) (next Next, err error) {
	defer func() {
		if v := recover(); v != nil {
			w.log.ErrorContext(ctx, "a job panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("jobs: panic: %v", v)
		}
	}()
	return w.handle(ctx, args)
}

// failed has River run the job again by its backOff. River discards a job at its
// last attempt; putting it off instead leaves the count of attempts as it is, so
// that the job is tried for ever and the list of its errors stays bounded.
func (w *worker) failed(ctx context.Context, job *river.Job[work], err error) error {
	if ctx.Err() == nil { // else stopping, or out of time: River says so
		w.log.WarnContext(ctx, "job failed; it will be tried again",
			"kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
	}
	if w.store.Lost(err) { // no failure of the job's: waiting longer each time would help nobody
		return river.JobSnooze(lostWait)
	}
	if job.Attempt >= job.MaxAttempts {
		return river.JobSnooze(maxBackOff)
	}
	return err
}

// again runs the job again after a while. If an equal one will run by then, this
// one ends: of two that came to be, one goes on. A job that has failed before
// goes on as a new one, with a clean record.
func (w *worker) again(ctx context.Context, job *river.Job[work], after time.Duration) error {
	same, at := work{job.Kind, job.Args.RawMessage}, w.store.Now().Add(after)
	if len(job.Errors) > 0 {
		return w.store.InTx(ctx, func(ctx context.Context) error {
			return w.store.Enqueue(ctx, same, at)
		})
	}
	if found, err := w.store.Waiting(ctx, same, at); err != nil || found {
		return err
	}
	return river.JobSnooze(after)
}

// rest waits a little for what is wrong with the database, and says whether there
// is time left.
func rest(ctx context.Context) bool {
	select {
	case <-time.After(2 * lostWait):
		return true
	case <-ctx.Done():
		return false
	}
}

// lostWait is the wait of a job whose database went.
const lostWait = time.Second

// maxBackOff bounds the wait after a failure.
const maxBackOff = 10 * time.Minute

// backOff waits about a second after the first failure and twice as long after
// each further one, with jitter of half as much either way.
type backOff struct{}

// NextRetry says when a job that has just failed runs again.
func (backOff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := maxBackOff
	if failed := len(job.Errors); failed < 10 {
		wait = min(time.Second<<failed, maxBackOff)
	}
	return time.Now().UTC().Add(wait/2 + rand.N(wait))
}

// warnings is a slog.Handler that lets warnings and errors through. What River
// says below that, of clients started and jobs retried, this package says
// itself.
type warnings struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the filter.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the filter.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
