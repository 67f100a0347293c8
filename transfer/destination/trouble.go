package destination

import (
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"

	"podmove/transfer"
)

// How long a move waits for its source (Protocol §4.5).
const (
	firstWait   = 2 * time.Second
	longestWait = time.Hour
	waitInAll   = 72 * time.Hour
)

// noRoom is what a person reads while the disk is full.
const noRoom = "this pod has no room left, and the people who run it have to make some"

// coded is err as a *transfer.Error; one without a code is Internal.
func coded(err error) *transfer.Error {
	if e, ok := errors.AsType[*transfer.Error](err); ok {
		return e
	}
	return &transfer.Error{Code: transfer.Internal, Err: err}
}

// trouble turns a failure into a state of the move: it waits where waiting
// helps, and else asks the person. Trouble of this pod's own is returned, for
// the job to be tried again.
func (r *run) trouble(ctx context.Context, err error) (Next, error) {
	e, ok := errors.AsType[*transfer.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return r.wait(ctx, transfer.Errorf(transfer.PodUnreachable, "the old pod answers too slowly"))
	case errors.Is(err, syscall.ENOSPC):
		r.Log.WarnContext(ctx, "a move waits for room on the disk", "move", r.m.ID, "state", r.m.State, "error", err)
		return r.wait(ctx, transfer.Errorf(transfer.StorageFull, noRoom).Because(err))
	case !ok:
		return Next{}, err
	}
	r.Log.WarnContext(ctx, "a move met trouble", "move", r.m.ID, "state", r.m.State, "code", e.Code, "error", e.Err)
	switch e.Code {
	case transfer.PodUnreachable, transfer.RateLimited, transfer.Unavailable, transfer.Internal, transfer.AccountFrozen:
		return r.wait(ctx, e)
	case transfer.TokenInvalid, transfer.ScopeMissing, transfer.NotGranted, transfer.ConsentNeeded:
		return r.stop(ctx, transfer.ConsentNeeded, "The old pod does not take our permission any more: it was cancelled there, or has run out. What came is kept; agree once more to go on, or cancel.")
	case transfer.NotFound:
		return r.stop(ctx, e.Code, "The move stopped: the old pod does not know this move any more. Perhaps the account there was closed. What came is kept; try again, agree once more to go on, or cancel.")
	case transfer.StorageFull:
		if r.load.Came > 0 { // it began with room enough: others have taken it, or the disk was lent
			return r.wait(ctx, e)
		}
	case transfer.CursorExpired, transfer.CursorInvalid:
		return r.startOver(ctx, e)
	case transfer.TransferClosed, transfer.AccountMoved: // the state read next says which way it ended
		if r.m.Rounds < maxRounds {
			r.m.Rounds++
			return Next{After: time.Second}, r.to(r.change(ctx, r.m, change{to: r.m.State}))
		}
	}
	return r.stop(ctx, e.Code, "The move stopped: "+e.Message+".")
}

func (r *run) stop(ctx context.Context, code transfer.Code, message string) (Next, error) {
	if r.m.State != Waiting {
		r.m.Phase = r.m.State
	}
	return Next{Done: true}, r.lost(r.to(r.attention(ctx, r.m, code, message)))
}

// wait waits as long as the source asks for, or longer each time.
func (r *run) wait(ctx context.Context, e *transfer.Error) (Next, error) {
	pause := e.RetryAfter
	if pause == 0 {
		pause = firstWait << min(r.m.Attempts, 12)
		pause = pause/2 + rand.N(pause/2)
	}
	pause = min(pause, longestWait)
	r.m.Waited += pause
	if r.m.Waited > waitInAll {
		return r.stop(ctx, e.Code, "The move has waited for three days in all. What came is kept; try again when what it waited for is over.")
	}
	if r.m.State != Waiting {
		r.m.Phase = r.m.State
	}
	text := ""
	if r.m.Reason != e.Code {
		text = "Waiting: " + e.Message + "."
	}
	r.m.Attempts++
	r.m.Reason, r.m.Message, r.m.WaitUntil = e.Code, "Waiting: "+e.Message+".", r.Now().Add(pause).UTC()
	return Next{After: pause}, r.lost(r.to(r.change(ctx, r.m, change{to: Waiting, text: text})))
}

// startOver reads everything from nothing (Protocol §4.2): what is here with
// the same bytes is unchanged and costs little.
func (r *run) startOver(ctx context.Context, e *transfer.Error) (Next, error) {
	if r.m.Rounds >= maxRounds {
		return r.stop(ctx, e.Code, "The move stopped: "+e.Message+".")
	}
	r.m.Rounds++
	c := change{to: r.m.State, text: "The old pod asks to read everything from the beginning. What it does not name any more counts as deleted there, and goes here, too."}
	c.also = func(ctx context.Context) error {
		for _, name := range transfer.Collections() {
			if err := r.Arrivals.StartOver(ctx, r.m.ID, name); err != nil {
				return err
			}
		}
		return nil
	}
	return Next{After: time.Second}, r.lost(r.to(r.change(ctx, r.m, c)))
}

// lost: who comes second stops without a word.
func (r *run) lost(err error) error {
	if errors.Is(err, transfer.ErrOvertaken) {
		return nil
	}
	return err
}
