package destination

import (
	"context"
	"errors"
	"time"

	"podmove/transfer"
)

// Mine is a move of this account; NotFound if it is another's.
func (v *Mover) Mine(ctx context.Context, account int64, move string) (Move, error) {
	m, err := v.Moves.Move(ctx, move)
	if err == nil && m.Account != account {
		return Move{}, transfer.Errorf(transfer.NotFound, "there is no such move")
	}
	return m, err
}

// Cancel gives a move up. What came stays here and can be taken away by an
// undo; the old pod is told, and keeps everything as it is.
func (v *Mover) Cancel(ctx context.Context, account int64, move string) (Move, error) {
	mine, err := v.Mine(ctx, account, move)
	if err != nil {
		return mine, err
	}
	var m Move
	err = v.Moves.InTx(ctx, func(ctx context.Context) (err error) {
		// Claimed, so that no page that is on its way is stored any more, and what is
		// written back is not what a run has just added to.
		if m, err = v.claim(ctx, mine); err != nil || m.State == Cancelled {
			return err
		}
		if !m.State.May(Cancelled) {
			return transfer.Errorf(transfer.TransferClosed, "this move has ended: it can be undone, not cancelled")
		}
		m, err = v.cancel(ctx, m, "", "The move was cancelled. What came so far is kept here, and nothing at the old pod was changed.")
		return err
	})
	return m, err
}

func (v *Mover) cancel(ctx context.Context, m Move, code transfer.Code, message string) (Move, error) {
	m.Reason, m.Message, m.WaitUntil = code, message, time.Time{}
	c := change{to: Cancelled, text: message}
	if m.Subject != "" {
		c.job = FarewellJob{m.ID}
	}
	return v.change(ctx, m, c)
}

// goOn goes on at once with a move that waits or needs attention, and has failed
// items tried again. It claims the move as Cancel does.
func (v *Mover) goOn(ctx context.Context, mine Move, c Choice) (Move, error) {
	var m Move
	err := v.Moves.InTx(ctx, func(ctx context.Context) (err error) {
		if m, err = v.claim(ctx, mine); err == nil {
			m, err = v.again(ctx, m, c)
		}
		return err
	})
	return m, err
}

// again is goOn with the move as it is under its account's lock.
func (v *Mover) again(ctx context.Context, m Move, c Choice) (Move, error) {
	phase := m.working()
	switch {
	case m.State != Waiting && m.State != NeedsAttention:
		return m, transfer.Errorf(transfer.TransferClosed, "this move is not waiting for anything")
	case !m.KeysDiffer.IsZero():
		return m, transfer.Errorf(transfer.KeysDiffer, "the old pod answers with other keys than when you agreed. Agree once more to go on, if you are sure that it is the same pod")
	case m.Reason == transfer.ConsentNeeded || !phase.Working():
		return m, transfer.Errorf(transfer.ConsentNeeded, "the old pod has to ask you once more before this move can go on")
	}
	failed, err := v.failed(ctx, m.ID)
	if err != nil {
		return m, err
	}
	again, text := c.touches(failed), "Trying again."
	if m.doubtful() {
		again, text, c = transfer.Collections(), "Trying again: everything is read from the beginning.", Choice{}
	}
	if len(again) > 0 {
		phase = Copying
	}
	m.Phase, m.Reason, m.Message, m.WaitUntil = phase, "", "", time.Time{}
	m.Attempts, m.Rounds, m.Waited, m.Wanted = 0, 0, 0, c
	return v.change(ctx, m, change{
		to: phase, text: text, job: WorkJob{m.ID},
		also: func(ctx context.Context) error {
			for _, c := range again {
				if err := v.Arrivals.StartOver(ctx, m.ID, c); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// doubtful: what the old pod gave did not add up, so that what is to come after
// it would not either.
func (m Move) doubtful() bool {
	return m.Reason == transfer.CursorStuck || m.Reason == transfer.BeyondPlan || m.Reason == transfer.ManifestDiffers
}

// Farewell tells the source of a cancelling, gives the tokens back and forgets
// them. An error is to be tried again.
func (v *Mover) Farewell(ctx context.Context, id string) (Next, error) {
	m, err := v.Moves.Move(ctx, id)
	if err == nil && m.State.Ended() {
		err = v.farewell(ctx, m)
	}
	if transfer.CodeOf(err) == transfer.NotFound {
		err = nil // the account went, and the move with it
	}
	return Next{Done: err == nil}, err
}

func (v *Mover) farewell(ctx context.Context, m Move) error {
	c, err := v.consent(ctx, m.ID)
	if transfer.CodeOf(err) == transfer.ConsentNeeded {
		return nil // already forgotten
	}
	if err != nil {
		return err
	}
	if m.State == Cancelled && m.opened() {
		if err := v.tellCancelled(ctx, m); err != nil {
			return err
		}
	}
	if err := v.Login.Revoke(ctx, c.Tokens); err != nil && v.untold(m, err) != nil {
		return err
	}
	return v.Moves.SaveMoveTokens(ctx, m.ID, nil)
}

// tellCancelled ends the transfer at the source. If it was too late, because
// the source had taken the receipt, the move is done and not cancelled.
func (v *Mover) tellCancelled(ctx context.Context, m Move) error {
	source, err := v.Connect(ctx, m, v.tokens(m.ID))
	var plan transfer.Plan
	if err == nil {
		plan, err = source.Cancel(ctx)
	}
	switch {
	case err != nil && v.untold(m, err) != nil:
		return err
	case err != nil:
		m.Message = "The move was cancelled here, but the old pod could not be told. Its own page says how the move stands there: if it is still running, cancel it there, too; if it is done, undo it there. What came so far is kept here."
		_, err = v.change(ctx, m, change{to: Cancelled, text: m.Message})
		return err
	case plan.State == transfer.Finished, plan.State.Away():
		m.Plan = plan
		_, err = v.done(ctx, m.finished(), change{text: "The old pod had finished before it heard of the cancelling: the move is done. It can be undone."})
	}
	return err
}

// untold: a source that refuses to hear of it, or has been silent until the
// transfer there has ended by itself, need not be told any more.
func (v *Mover) untold(m Move, err error) error {
	if hopeless(err) || v.Now().After(m.Ended.Add(v.Expiry)) {
		return nil
	}
	return err
}

// hopeless reports whether asking again brings the same answer.
func hopeless(err error) bool {
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case transfer.PodUnreachable, transfer.RateLimited, transfer.Unavailable, transfer.Internal, transfer.AccountFrozen,
		transfer.AnswerInvalid, transfer.MessageReplayed, transfer.NonceReplayed: // what stands between pods may say anything, and twice
		return false
	}
	return !e.Guessed
}

// Expire gives up moves that have been idle for too long (Protocol §4.5).
func (v *Mover) Expire(ctx context.Context) error {
	ids, err := v.Moves.IdleMoves(ctx, v.Now().Add(-v.Expiry))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.expire(ctx, id); err != nil && transfer.CodeOf(err) != transfer.NotFound {
			return err
		}
	}
	return nil
}

// expire gives up one move, unless it went on or ended meanwhile.
func (v *Mover) expire(ctx context.Context, id string) error {
	return v.Moves.InTx(ctx, func(ctx context.Context) error {
		m, err := v.Moves.Move(ctx, id)
		if err == nil {
			m, err = v.claim(ctx, m)
		}
		if err != nil || m.State.Ended() || v.Now().Sub(m.Changed) <= v.Expiry {
			return err
		}
		_, err = v.cancel(ctx, m, transfer.Expired, "The move was given up because nothing happened for too long. What came is kept here, and nothing at the old pod was changed.")
		return err
	})
}
