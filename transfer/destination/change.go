package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// A change is one transition with what the person reads about it.
type change struct {
	to   State
	text string                          // the event's line; empty writes none
	job  Job                             // enqueued with the change, to be worked at once; nil is none
	idle bool                            // nothing happened but that we looked again
	also func(ctx context.Context) error // in the same transaction; may be nil
}

// change makes one transition: one transaction, one line for the person, and
// the job that follows. m is as it was read, but for what the caller set
// beside the state; it is returned as stored.
func (v *Mover) change(ctx context.Context, m Move, c change) (Move, error) {
	from := m.State
	if !from.May(c.to) {
		return m, errTransition(from, c.to)
	}
	m.State = c.to
	if !c.idle {
		m.Changed = v.Now().UTC()
	}
	if c.to.Ended() && m.Ended.IsZero() {
		m.Ended = m.Changed
	}
	err := v.Moves.InTx(ctx, func(ctx context.Context) error {
		if err := v.Moves.ChangeMove(ctx, m, from); err != nil {
			return err
		}
		if c.to.Ended() && !from.Ended() { // what was to be read again is as it was
			if err := v.Arrivals.Seen(ctx, m.ID); err != nil {
				return err
			}
		}
		if c.also != nil {
			if err := c.also(ctx); err != nil {
				return err
			}
		}
		if c.text != "" {
			if err := v.Event(ctx, m.Account, m.ID, "move-"+string(c.to), c.text); err != nil {
				return err
			}
		}
		if c.job == nil {
			return nil
		}
		return v.Enqueue(ctx, c.job, time.Time{})
	})
	return m, err
}

// done ends a move under the account's lock, which is taken first of all. The
// person lives here now: an account that had moved away is in use again.
func (v *Mover) done(ctx context.Context, m Move, c change) (Move, error) {
	c.to = Done
	if m.Purpose == transfer.Move && m.Retries == "" && v.Home != nil {
		c.also = func(ctx context.Context) error { return v.Home(ctx, m.Account, m.SourceAccount) }
	}
	return v.locked(ctx, m, c)
}

// locked is change under the account's lock.
func (v *Mover) locked(ctx context.Context, m Move, c change) (Move, error) {
	changed := m
	err := v.Moves.InTx(ctx, func(ctx context.Context) (err error) {
		if err := v.Moves.LockAccount(ctx, m.Account); err != nil {
			return err
		}
		changed, err = v.change(ctx, m, c)
		return err
	})
	return changed, err
}

// enter goes to a working state. How often the old pod failed is forgotten
// when something comes from it again, not because it answers at all: one that
// fails at every page is asked less and less often.
func (v *Mover) enter(ctx context.Context, m Move, to State, text string) (Move, error) {
	m.Phase, m.Reason, m.Message, m.WaitUntil = to, "", "", time.Time{}
	return v.change(ctx, m, change{to: to, text: text})
}

// attention stops until the person does something.
func (v *Mover) attention(ctx context.Context, m Move, code transfer.Code, message string) (Move, error) {
	m.Reason, m.Message, m.WaitUntil = code, message, time.Time{}
	return v.change(ctx, m, change{to: NeedsAttention, text: message})
}
