package destination

import (
	"context"
	"errors"
	"syscall"
	"time"

	"podmove/transfer"
)

// hard is how long beyond its budget a call of Run may take to finish the page
// at hand; the job that it runs in has a minute.
const hard = 25 * time.Second

// Run works on a move for about the budget and says when to go on. It goes on
// where the last call stopped, in whatever process that was. Two calls at once
// are harmless: the one that began last claims the move, and the other stops at
// its next page or transition.
//
// An error is this pod's own trouble, to be tried again; what the other pod
// does becomes a state of the move.
func (v *Mover) Run(ctx context.Context, id string) (Next, error) {
	next, err := v.proceed(ctx, id)
	v.full.Store(errors.Is(err, syscall.ENOSPC))
	return next, err
}

func (v *Mover) proceed(ctx context.Context, id string) (Next, error) {
	m, err := v.Moves.Move(ctx, id)
	if transfer.CodeOf(err) == transfer.NotFound {
		return Next{Done: true}, nil
	}
	if err != nil {
		return Next{}, err
	}
	if !m.State.Working() {
		return Next{Done: true}, nil
	}
	if rest := m.WaitUntil.Sub(v.Now()); m.State == Waiting && rest > 0 {
		return Next{After: rest}, nil
	}
	if m, err = v.claim(ctx, m); err != nil || !m.State.Working() {
		return Next{Done: err == nil}, err
	}
	r := &run{Mover: v, m: m, until: v.Now().Add(v.Budget)}
	within, cancel := context.WithTimeout(ctx, v.Budget+hard)
	defer cancel()
	err = r.work(within)
	switch {
	case err == nil || errors.Is(err, ErrPaused):
		return r.next(ctx)
	case ctx.Err() != nil: // this process is stopping
		return Next{}, ctx.Err()
	case errors.Is(err, transfer.ErrOvertaken): // another run is ahead, or the person cancelled
		return Next{Done: true}, nil
	}
	return r.trouble(ctx, err)
}

// claim takes the move over. Pages are written under the account's lock, too, so
// that none of another call's comes in between.
func (v *Mover) claim(ctx context.Context, m Move) (claimed Move, err error) {
	err = v.Moves.InTx(ctx, func(ctx context.Context) (err error) {
		if err := v.Moves.LockAccount(ctx, m.Account); err != nil {
			return err
		}
		claimed, err = v.Moves.ClaimMove(ctx, m.ID)
		return err
	})
	return claimed, err
}

// A run is one call of Run.
type run struct {
	*Mover
	m      Move
	source Source
	until  time.Time
	came   int  // entries, since the last pass began
	passes int  // of catching up
	barren int  // passes in a row that brought nothing while the account stood still
	load   Load // when it began
}

// next says when to go on after a call without trouble, and notes that the
// move is alive.
func (r *run) next(ctx context.Context) (Next, error) {
	if r.m.State.Ended() || r.m.State == NeedsAttention {
		return Next{Done: true}, nil
	}
	if r.m.State == Waiting {
		return Next{After: max(r.m.WaitUntil.Sub(r.Now()), 0)}, nil
	}
	err := r.to(r.change(ctx, r.m, change{to: r.m.State}))
	return Next{After: r.pause()}, err
}

// pause gives an account that changes all the time a chance to rest: the more
// rounds, the longer.
func (r *run) pause() time.Duration {
	return min(time.Duration(r.m.Rounds)*time.Duration(r.m.Rounds)*100*time.Millisecond, 10*time.Second)
}

// to keeps the move as stored.
func (r *run) to(m Move, err error) error {
	if err == nil {
		r.m = m
	}
	return err
}

// work reaches the source and goes through the phases until the move is done,
// waits, or the time is over.
func (r *run) work(ctx context.Context) error {
	if err := r.reach(ctx); err != nil {
		return err
	}
	for r.m.State.Working() && r.m.State != Waiting {
		before := r.m.Rounds
		if err := r.phase(ctx); err != nil {
			return err
		}
		hurry := r.m.State == Freezing // its person cannot write meanwhile
		if r.m.Rounds > before && !hurry || r.Now().After(r.until) {
			return ErrPaused
		}
	}
	return nil
}

func (r *run) phase(ctx context.Context) error {
	switch r.m.State {
	case Copying:
		if err := r.copy(ctx); err != nil {
			return err
		}
		r.m.Attempts = 0
		return r.to(r.enter(ctx, r.m, CatchingUp, "Everything was read once. Now reading what changed meanwhile."))
	case CatchingUp:
		return r.catchUp(ctx)
	case Freezing:
		return r.lastChanges(ctx)
	default:
		return r.verify(ctx)
	}
}

// reach connects, opens the transfer or reads it again, and goes on to the
// phase that the source's state asks for.
func (r *run) reach(ctx context.Context) (err error) {
	r.source, err = r.Connect(ctx, r.m, r.tokens(r.m.ID))
	if err != nil {
		return err
	}
	if !r.m.opened() {
		err = r.open(ctx)
	} else {
		r.m.Plan, err = r.source.Plan(ctx)
	}
	if err == nil {
		err = r.room(ctx)
	}
	if err != nil {
		return err
	}
	return r.heed(ctx, r.m.Plan)
}

// open opens the transfer. A move that came back with a new consent has a new
// transfer, which must hear of every item again.
func (r *run) open(ctx context.Context) error {
	granted, err := r.consent(ctx, r.m.ID)
	if err != nil {
		return err
	}
	var again []transfer.ItemName
	if r.m.Retries != "" {
		again = r.m.Wanted.single()
	}
	plan, err := r.source.Open(ctx, transfer.Opening{
		Purpose: r.m.Purpose, Collections: granted.Collections, Nonce: r.m.Nonce, Format: transfer.Format, Items: again,
	})
	if err != nil {
		return err
	}
	if err := r.Arrivals.MarkUnsent(ctx, r.m.ID, nil); err != nil {
		return err
	}
	r.m.Transfer, r.m.Plan = plan.Transfer, plan
	return r.to(r.change(ctx, r.m, change{to: r.m.State, text: "The old pod opened the transfer."}))
}

// heed follows the state of the transfer at its source.
func (r *run) heed(ctx context.Context, p transfer.Plan) error {
	switch p.State {
	case transfer.Redirecting, transfer.Finished, transfer.ErasingOld, transfer.Erased:
		return r.finish(ctx)
	case transfer.Cancelled, transfer.ExpiredIdle, transfer.Undone:
		return r.ended(ctx, p.State)
	case transfer.Verified:
		if r.m.working() == Verifying { // else the person has failed items tried again
			return r.acceptance(ctx)
		}
	}
	if r.m.State != Waiting {
		return nil
	}
	if r.m.Reason == transfer.AcceptanceNeeded { // something changed there since it was verified
		return r.to(r.enter(ctx, r.m, CatchingUp, "Something changed at the old pod: reading it."))
	}
	return r.to(r.enter(ctx, r.m, r.m.Phase, "The old pod answers again."))
}
