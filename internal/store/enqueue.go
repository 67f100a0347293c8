package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
	"gorm.io/gorm/clause"
)

// Job is a piece of durable work: a kind, of two characters or more, and
// arguments, which are what it marshals to as JSON. It names what is to be done,
// never a secret: arguments are kept in plain text.
//
// It is an alias, so that a room may write the same interface without importing
// this package.
type Job = interface{ Kind() string }

// Runner works jobs from Start until Stop, which takes no more jobs and waits for
// those at work.
type Runner interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// ErrNoTransaction means that Enqueue was called outside a transaction.
var ErrNoTransaction = errors.New("store: a job can only be enqueued in a transaction")

// Enqueue adds a job to be worked at the given time, or as soon as possible when
// that is past or zero. The job appears when the transaction in ctx commits, and
// never if it rolls back; outside a transaction Enqueue refuses with
// ErrNoTransaction. A time ahead is kept to within five seconds.
//
// A job that already waits, see Waiting, makes this one needless, and Enqueue
// adds nothing. Two transactions at once can each add one: work must bear being
// done twice.
func (s *Store) Enqueue(ctx context.Context, job Job, at time.Time) error {
	t := s.transaction(ctx)
	if t == nil {
		return ErrNoTransaction
	}
	found, err := s.Waiting(ctx, job, at)
	if err != nil || found {
		return err
	}
	opts := &river.InsertOpts{}
	if at.After(s.now()) {
		opts.ScheduledAt = s.wallTime(at)
	}
	if err := s.insert(ctx, t, job, opts); err != nil {
		return fmt.Errorf("store: enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// TakeUp enqueues once more the jobs of these kinds that are marked as at work,
// since a process that was killed left its own so: it is called at a process's
// start. One that another process is at is then worked twice, which it must bear.
func (s *Store) TakeUp(ctx context.Context, kinds ...string) error {
	var left []struct{ Kind, Args string }
	text := "json(args)" // which River keeps as a blob
	if s.postgres() {
		text = "args::text"
	}
	err := s.db(ctx).Table("river_job").Select("kind", text+" AS args").Where("state = ? AND kind IN ?", rivertype.JobStateRunning, kinds).Find(&left).Error
	if err != nil {
		return translate(err)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, job := range left {
			if err := s.Enqueue(ctx, written{job.Kind, json.RawMessage(job.Args)}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// written is a job as it stands in the database.
type written struct {
	kind string
	json.RawMessage
}

// Kind is Job's.
func (w written) Kind() string { return w.kind }

// Waiting says whether a job of the same kind and arguments waits to be worked
// at the given time or earlier, to within a second.
//
// A job at work does not count: it may enqueue its own successor, and one whose
// process was killed must not stand in the way of another. (River's own
// uniqueness insists on counting it.) Neither does a job that was put off count
// as waiting for now, even when its time has come: it takes the leading process
// to make it available, and after a crash there is none for some seconds.
//
// In a transaction, what was found is kept from workers until that ends: one that
// fetched it before would not see what the transaction changed. What a worker is
// fetching just then does not count.
func (s *Store) Waiting(ctx context.Context, job Job, at time.Time) (bool, error) {
	args, err := json.Marshal(job)
	if err != nil {
		return false, fmt.Errorf("store: arguments of %s: %w", job.Kind(), err)
	}
	states := []rivertype.JobState{rivertype.JobStateAvailable}
	if at.After(s.now()) {
		states = append(states, rivertype.JobStateScheduled, rivertype.JobStateRetryable)
	}
	same := "json(args) = json(?)"
	if s.postgres() {
		same = "args = ?::jsonb"
	}
	query := s.db(ctx).Table("river_job").Where("kind = ? AND state IN ?", job.Kind(), states).Where(same, string(args))
	if s.postgres() { // on SQLite a transaction keeps every other out
		query = query.Clauses(clause.Locking{Strength: clause.LockingStrengthShare, Options: clause.LockingOptionsSkipLocked})
	}
	var due []time.Time
	err = query.Limit(100).Pluck("scheduled_at", &due).Error
	wanted := s.wallTime(at).Add(time.Second)
	return slices.ContainsFunc(due, func(d time.Time) bool { return !d.After(wanted) }), translate(err)
}

// wallTime turns a time of the Store's clock into one of the machine's, which is
// the one that River goes by: what counts is how far ahead it is.
func (s *Store) wallTime(at time.Time) time.Time {
	return time.Now().UTC().Add(max(0, at.Sub(s.now())))
}

// Workers is how many jobs are worked at once. More would only wait for SQLite's
// one connection, and for their share of PostgreSQL's.
func (s *Store) Workers() int { return s.workers() }

// Runner makes a River client for this database that works jobs as cfg says.
func (s *Store) Runner(cfg *river.Config) (Runner, error) { return s.runner(cfg) }

// inserter makes a River client that only inserts.
func inserter[TTx any](driver riverdriver.Driver[TTx], log *slog.Logger) (*river.Client[TTx], error) {
	return river.NewClient(driver, &river.Config{Logger: log})
}
