package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"podmove/internal/store"
)

// River's clocks. A job that works for longer than jobTimeout is cancelled; one
// that is still marked as at work after rescueAfter lost its process and is run
// again. Its defaults, a minute and an hour, would stall a move for an hour.
const (
	jobTimeout    = 60 * time.Second
	rescueAfter   = 90 * time.Second
	fetchCooldown = 20 * time.Millisecond
	fetchPoll     = 250 * time.Millisecond
)

// A stop lets work finish for grace, then cancels it, and gives up
// on it after cancelled more: ten seconds in all.
const (
	grace     = 7 * time.Second
	cancelled = 3 * time.Second
)

// keepFinished is how long finished jobs can be looked at in the database.
const keepFinished = 6 * time.Hour

// Next is what a handler wants to happen with its job.
type Next struct {
	// Done ends the job. Otherwise it runs again.
	Done bool
	// After is how long to wait before it runs again.
	After time.Duration
}

// Handler does some of a job's work: 30 seconds of it at most, since its context
// ends after 60. An error makes the job run again, later with each further
// error, and never gives it up; work that must not be tried again is Done.
type Handler func(ctx context.Context, args json.RawMessage) (Next, error)

// Sweep is a chore done at the start and then again and again, in each process.
type Sweep struct {
	Name  string
	Every time.Duration
	Run   func(ctx context.Context) error
}

// Options say what there is to do.
type Options struct {
	// Handlers has a function for each kind of job.
	Handlers map[string]Handler
	// Sweeps are run beside the jobs.
	Sweeps []Sweep
	// Resume is called once by Start, to enqueue a job for every piece of work
	// that is unfinished: what a killed process was working on is then taken up
	// at once and not after a minute and a half. May be nil.
	Resume func(ctx context.Context) error
	// Grace is how long Stop lets jobs finish before it cancels them; zero means
	// seven seconds.
	Grace time.Duration
	// Log hears about failures. Nil means silence.
	Log *slog.Logger
}

// Jobs works the jobs in one database.
type Jobs struct {
	runner store.Runner
	resume func(ctx context.Context) error
	sweeps []Sweep
	grace  time.Duration
	log    *slog.Logger

	stopSweeps context.CancelFunc
	sweeping   sync.WaitGroup
}

// New prepares to work the jobs in s. Nothing runs before Start.
func New(s *store.Store, o Options) (*Jobs, error) {
	j := &Jobs{
		resume: o.Resume, sweeps: o.Sweeps, grace: cmp.Or(o.Grace, grace),
		log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), stopSweeps: func() {},
	}
	workers := river.NewWorkers()
	for kind, handle := range o.Handlers {
		river.AddWorkerArgs(workers, work{kind: kind}, &worker{store: s, handle: handle, log: j.log})
	}
	runner, err := s.Runner(&river.Config{
		Logger:                      slog.New(warnings{j.log.Handler()}),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: s.Workers()}},
		Workers:                     workers,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           fetchPoll,
		SoftStopTimeout:             j.grace,
		CompletedJobRetentionPeriod: keepFinished,
		RetryPolicy:                 backOff{},
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	j.runner = runner
	return j, nil
}

// Start begins to work. It returns at once; the end of ctx stops nothing, Stop
// does.
func (j *Jobs) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if j.resume != nil {
		if err := j.resume(ctx); err != nil {
			return fmt.Errorf("jobs: take up unfinished work: %w", err)
		}
	}
	if err := j.runner.Start(ctx); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	ctx, j.stopSweeps = context.WithCancel(ctx)
	for _, s := range j.sweeps {
		j.sweeping.Go(func() { j.sweep(ctx, s) })
	}
	return nil
}

// Stop takes no more jobs, lets those at work finish for seven seconds, cancels
// what is left and returns within ten. A cancelled job is worked again at the
// next start.
func (j *Jobs) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, j.grace+cancelled)
	defer cancel()
	j.stopSweeps()
	err := j.runner.Stop(ctx)
	swept := make(chan struct{})
	go func() { j.sweeping.Wait(); close(swept) }()
	select {
	case <-swept:
	case <-ctx.Done():
		err = errors.Join(err, errors.New("a sweep goes on"))
	}
	if err != nil {
		return fmt.Errorf("jobs: stopped with work unfinished: %w", err)
	}
	return nil
}

// sweep runs s until ctx ends.
func (j *Jobs) sweep(ctx context.Context, s Sweep) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.Run(ctx); err != nil && ctx.Err() == nil {
			j.log.WarnContext(ctx, "sweep failed; it will be tried again", "sweep", s.Name, "error", err, "in", s.Every)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
