package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// stalled is after what time without a sign of life a move's job is taken for
// lost. One that works gives a sign with every call of Run.
const stalled = 5 * time.Minute

// Resume enqueues a job for every unfinished move; each process does so at its
// start, since the job of one that was killed is stuck for a while.
func (v *Mover) Resume(ctx context.Context) error {
	ids, err := v.Moves.UnfinishedMoves(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.resume(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Sweep is to be called every few minutes: it gives up moves that have been
// idle for too long, and enqueues a job for those whose own was lost.
func (v *Mover) Sweep(ctx context.Context) error {
	if err := v.Expire(ctx); err != nil {
		return err
	}
	ids, err := v.Moves.IdleMoves(ctx, v.Now().Add(-stalled))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.resume(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// resume enqueues a job if the move goes on by itself: at once, or a little
// after its wait is over, so that the job which waits already is found.
func (v *Mover) resume(ctx context.Context, id string) error {
	return v.Moves.InTx(ctx, func(ctx context.Context) error {
		m, err := v.Moves.Move(ctx, id)
		if transfer.CodeOf(err) == transfer.NotFound {
			return nil
		}
		if err != nil || !m.State.Working() {
			return err
		}
		at := time.Time{}
		if m.State == Waiting {
			at = m.WaitUntil.Add(5 * time.Second)
		}
		return v.Enqueue(ctx, WorkJob{id}, at)
	})
}
