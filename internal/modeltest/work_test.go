package modeltest

import (
	"context"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// What happens without a person: jobs, sweeps, the end of a process.

// job draws one that waits, whether its time has come or not: work bears being done
// once more.
func (m *model) job(t *rapid.T) *deed {
	keys := slices.Sorted(maps.Keys(m.jobs))
	if len(keys) == 0 {
		return nil
	}
	key := keys[0]
	if len(keys) > 1 {
		key = keys[rapid.IntRange(0, len(keys)-1).Draw(t, "job")]
	}
	d := m.worked(m.jobs[key].what)
	d.do = func(ctx context.Context) error { return m.work(ctx, key) }
	return &d
}

// worked is what a job may do to states.
func (m *model) worked(what destination.Job) (d deed) {
	d.answer = "?"
	switch what.(type) {
	case destination.WorkJob:
		d.old = []transfer.State{transfer.Open, transfer.Copying, transfer.Frozen, transfer.Verified, transfer.Redirecting, transfer.Cancelled, transfer.ExpiredIdle}
		d.now = []destination.State{
			destination.Copying, destination.CatchingUp, destination.Freezing, destination.Verifying,
			destination.Done, destination.Waiting, destination.NeedsAttention, destination.Cancelled,
		}
	case destination.FarewellJob:
		d.old = []transfer.State{transfer.Copying, transfer.Cancelled, transfer.ExpiredIdle}
		d.now = []destination.State{destination.Done}
	case redirects.EraseJob:
		d.old = []transfer.State{transfer.ErasingOld, transfer.Erased}
	case redirects.NoticeJob:
		d.now = []destination.State{destination.Undone}
	}
	return d
}

// work takes a job out of the queue and works it, as internal/jobs does. What the
// end of its process leaves undone is stuck.
func (m *model) work(ctx context.Context, key string) error {
	m.mutex.Lock()
	j, waits := m.jobs[key]
	delete(m.jobs, key)
	m.mutex.Unlock()
	if !waits {
		return nil // somebody was faster
	}
	after, done, err := m.handle(ctx, j.what)
	switch {
	case ctx.Err() != nil:
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.stuck = append(m.stuck, j)
		return nil
	case done:
		return nil
	case err != nil:
		after = time.Second
	}
	return m.enqueue(ctx, j.what, m.clock().Add(after))
}

func (m *model) handle(ctx context.Context, what destination.Job) (after time.Duration, done bool, err error) {
	var now destination.Next
	var old redirects.Next
	switch j := what.(type) {
	case destination.WorkJob:
		now, err = m.mover().Run(ctx, j.Move)
	case destination.FarewellJob:
		now, err = m.mover().Farewell(ctx, j.Move)
	case destination.TakeBackJob:
		now, err = m.keeper().TakeBack(ctx, j.Move)
	case redirects.EraseJob:
		old, err = m.redirects().Run(ctx, j.Transfer)
	case redirects.NoticeJob:
		old, err = m.redirects().Tell(ctx, j.Transfer)
	}
	return now.After + old.After, err == nil && (now.Done || old.Done), err
}

// stray works at a move or a departure for which perhaps no job waits: a second
// process that has claimed the same.
func (m *model) stray(t *rapid.T) *deed {
	move, hasMove := m.move(t)
	id, opened := m.transfer(t)
	var all []destination.Job
	if hasMove {
		all = append(all, destination.WorkJob{Move: move}, destination.FarewellJob{Move: move}, destination.TakeBackJob{Move: move})
	}
	if opened {
		all = append(all, redirects.EraseJob{Transfer: id}, redirects.NoticeJob{Transfer: id})
	}
	if len(all) == 0 {
		return nil
	}
	what := rapid.SampledFrom(all).Draw(t, "work")
	d := m.worked(what)
	d.do = func(ctx context.Context) error { _, _, err := m.handle(ctx, what); return err }
	return &d
}

// sweep is what each process does now and then.
func (m *model) sweep(*rapid.T) *deed {
	return &deed{
		old: []transfer.State{transfer.Copying, transfer.ExpiredIdle}, now: []destination.State{destination.Cancelled},
		do: func(ctx context.Context) error {
			if _, err := m.source().Thaw(ctx); err != nil {
				return err
			}
			if _, err := m.source().Expire(ctx); err != nil {
				return err
			}
			if _, err := m.old.store.DropReleased(ctx, m.old.blobs.Drop); err != nil {
				return err
			}
			return m.mover().Sweep(ctx)
		},
	}
}

// restart is the start of both pods after they died: what goes on by itself is
// found in states, and the rest in jobs that are marked as at work.
func (m *model) restart(*rapid.T) *deed {
	return &deed{do: func(ctx context.Context) error {
		m.mutex.Lock()
		stuck := m.stuck
		m.stuck = nil
		for key, j := range m.jobs {
			switch j.what.(type) {
			case destination.WorkJob, redirects.EraseJob:
				delete(m.jobs, key)
			}
		}
		m.mutex.Unlock()
		for _, j := range stuck {
			switch j.what.(type) {
			case destination.WorkJob, redirects.EraseJob:
			default:
				if err := m.enqueue(ctx, j.what, time.Time{}); err != nil {
					return err
				}
			}
		}
		if err := m.mover().Resume(ctx); err != nil {
			return err
		}
		return m.redirects().Resume(ctx)
	}}
}
