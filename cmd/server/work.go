package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"podmove/internal/jobs"
	"podmove/redirects"
	"podmove/transfer/destination"
)

// blobLife is how long bytes may lie here that no photo names: those of a page
// that is not written yet.
const blobLife = 24 * time.Hour

// farewells are what is left to do when a move has ended. No state of a move says
// whether it was done: only the jobs know.
var farewells = []string{
	destination.FarewellJob{}.Kind(), destination.TakeBackJob{}.Kind(), destination.OnwardJob{}.Kind(), redirects.NoticeJob{}.Kind(),
}

// work is what happens without anyone asking: jobs and sweeps.
func (p *podServer) work(r rooms) (*jobs.Jobs, error) {
	return jobs.New(p.store, jobs.Options{
		Handlers: map[string]jobs.Handler{
			destination.WorkJob{}.Kind(): handler(func(ctx context.Context, j destination.WorkJob) (destination.Next, error) {
				return r.mover.Run(ctx, j.Move)
			}),
			destination.FarewellJob{}.Kind(): handler(func(ctx context.Context, j destination.FarewellJob) (destination.Next, error) {
				return r.mover.Farewell(ctx, j.Move)
			}),
			destination.TakeBackJob{}.Kind(): handler(func(ctx context.Context, j destination.TakeBackJob) (destination.Next, error) {
				return r.keeper.TakeBack(ctx, j.Move)
			}),
			destination.OnwardJob{}.Kind(): handler(func(ctx context.Context, j destination.OnwardJob) (destination.Next, error) {
				return r.keeper.TellOnward(ctx, j)
			}),
			redirects.NoticeJob{}.Kind(): handler(func(ctx context.Context, j redirects.NoticeJob) (redirects.Next, error) {
				return r.redirects.Tell(ctx, j.Transfer)
			}),
			redirects.EraseJob{}.Kind(): handler(func(ctx context.Context, j redirects.EraseJob) (redirects.Next, error) {
				next, err := r.redirects.Run(ctx, j.Transfer)
				return next, errors.Join(err, p.dropReleased(ctx))
			}),
			newsJob{}.Kind(): handler(func(ctx context.Context, j newsJob) (jobs.Next, error) {
				return p.post.send(ctx, p.ground, j)
			}),
		},
		Sweeps: p.sweeps(r),
		Resume: func(ctx context.Context) error {
			return errors.Join(r.mover.Resume(ctx), r.redirects.Resume(ctx), p.store.TakeUp(ctx, farewells...))
		},
		Log: p.log,
	})
}

// handler reads a job's arguments and does it.
func handler[J any, N ~struct {
	Done  bool
	After time.Duration
}](do func(context.Context, J) (N, error)) jobs.Handler {
	return func(ctx context.Context, args json.RawMessage) (jobs.Next, error) {
		var job J
		if err := json.Unmarshal(args, &job); err != nil {
			return jobs.Next{}, err
		}
		next, err := do(ctx, job)
		return jobs.Next(next), err
	}
}

func (p *podServer) sweeps(r rooms) []jobs.Sweep {
	return []jobs.Sweep{
		{Name: "keys", Every: ringAge, Run: p.readKeys},
		{Name: "key rotation", Every: time.Hour, Run: func(ctx context.Context) error { return p.turnKeys(ctx, r) }},
		{Name: "keys of other pods", Every: 10 * time.Minute, Run: r.pins.Sweep},
		{Name: "moves", Every: 5 * time.Minute, Run: r.mover.Sweep},
		{Name: "freezes", Every: time.Minute, Run: func(ctx context.Context) error {
			_, err := r.source.Thaw(ctx)
			return err
		}},
		{Name: "transfers", Every: time.Hour, Run: func(ctx context.Context) error {
			_, err := r.source.Expire(ctx)
			return err
		}},
		{Name: "departures", Every: time.Hour, Run: r.redirects.Resume},
		{Name: "sessions", Every: time.Hour, Run: p.store.SweepSessions},
		{Name: "tries", Every: 5 * time.Minute, Run: p.store.SweepTries},
		{Name: "emails", Every: 24 * time.Hour, Run: p.store.SweepEmails},
		{Name: "audit head", Every: 24 * time.Hour, Run: p.tellHead},
		{Name: "messages", Every: time.Hour, Run: p.store.SweepMessages},
		{Name: "oauth", Every: time.Hour, Run: r.provider.Sweep},
		{Name: "proofs", Every: 5 * time.Minute, Run: r.provider.SweepUsed},
		{Name: "blobs", Every: time.Hour, Run: func(ctx context.Context) error {
			_, err := p.store.SweepBlobs(ctx, p.blobs, p.now().Add(-blobLife))
			return errors.Join(err, p.dropReleased(ctx))
		}},
	}
}

// dropReleased deletes the bytes of erased photos that nobody needs, and what
// was made of them (Protocol §7.6).
func (p *podServer) dropReleased(ctx context.Context) error {
	_, err := p.store.DropReleased(ctx, func(ctx context.Context, sum string, used func(context.Context, string) (bool, error)) (bool, error) {
		gone, err := p.blobs.Drop(ctx, sum, used)
		if gone {
			err = errors.Join(err, p.images.Forget(sum))
		}
		return gone, err
	})
	return err
}
