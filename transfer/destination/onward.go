package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// A Leaving is a move away from this pod of an account that had come to it.
type Leaving struct {
	ID        string // of the transfer
	State     transfer.State
	Account   string // the new diaspora* ID
	Origin    string // the new pod
	Profile   string
	Feed      string
	NoAddress bool      // the person leaves no address (Protocol §6.3)
	Since     time.Time // in this state
	Overtaken bool      // the account has left once more since
}

// An OnwardJob tells the pod that a move came from where its account has gone
// on to, or that it has come back. What works it calls [Keeper.TellOnward].
type OnwardJob struct {
	Move       string              `json:"move"`
	Leaving    string              `json:"leaving"`
	Collection transfer.Collection `json:"collection,omitempty"` // with GUID, what was told last
	GUID       string              `json:"guid,omitempty"`
}

// Kind is the job's name in the queue.
func (OnwardJob) Kind() string { return "moved-on-notice" }

// Onward has the pods told from which an account came that a move away from
// here began or was undone, inside the transaction of ctx (Protocol §6.5).
func (k *Keeper) Onward(ctx context.Context, account int64, leaving string) error {
	moves, err := k.Moves.MovesOf(ctx, account)
	if err != nil {
		return err
	}
	for _, m := range moves {
		if m.State != Done || m.Purpose != transfer.Move || m.Transfer == "" {
			continue
		}
		if err := k.Enqueue(ctx, OnwardJob{Move: m.ID, Leaving: leaving}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// TellOnward sends one notice of up to [transfer.MaxHoldings] items, and then
// goes on with the next. It is tried again until the other pod has answered.
func (k *Keeper) TellOnward(ctx context.Context, job OnwardJob) (Next, error) {
	m, err := k.Moves.Move(ctx, job.Move)
	var l Leaving
	if err == nil {
		l, err = k.Custody.Leaving(ctx, job.Leaving)
	}
	switch {
	case transfer.CodeOf(err) == transfer.NotFound:
		return Next{Done: true}, nil
	case err != nil:
		return Next{}, err
	case m.State != Done, l.NoAddress, l.Origin == m.Issuer: // who moves back is seen there
		return Next{Done: true}, nil
	case l.Overtaken: // what is newer has a job of its own
		return Next{Done: true}, nil
	}
	notice := transfer.MovedOn{Envelope: k.envelope(m), State: transfer.Undone}
	notice.Expires = notice.IssuedAt + int64(transfer.MaxMessageLife.Seconds())
	if l.State != transfer.Undone {
		after := transfer.Onward{Collection: job.Collection, GUID: job.GUID}
		notice.State, notice.Account, notice.Profile, notice.Feed = transfer.Redirecting, l.Account, l.Profile, l.Feed
		if notice.Items, err = k.Custody.GoneOn(ctx, m, l.ID, after, transfer.MaxHoldings); err != nil {
			return Next{}, err
		}
	}
	if err := k.sendOnward(ctx, m, notice); err != nil {
		return k.onwardLater(ctx, m, l, err)
	}
	// An undo meanwhile may have been heard before what was just answered.
	if now, err := k.Custody.Leaving(ctx, l.ID); err != nil || now.State == transfer.Undone && l.State != transfer.Undone {
		return Next{}, err
	}
	if len(notice.Items) < transfer.MaxHoldings {
		return Next{Done: true}, nil
	}
	last := notice.Items[len(notice.Items)-1]
	job.Collection, job.GUID = last.Collection, last.GUID
	return Next{Done: true}, k.Moves.InTx(ctx, func(ctx context.Context) error { return k.Enqueue(ctx, job, time.Time{}) })
}

// sendOnward sends a notice to the move's source and checks its answer.
func (k *Keeper) sendOnward(ctx context.Context, m Move, notice transfer.MovedOn) error {
	if !m.KeysDiffer.IsZero() { // a stranger is told nothing (Protocol §1.5)
		return transfer.Errorf(transfer.KeysDiffer, "the old pod has other keys than those that were agreed on")
	}
	signed, err := k.Sign(transfer.TypMovedOn, notice)
	if err != nil {
		return err
	}
	back, err := k.Send(ctx, m.Issuer+"/transfer/v1/notices", signed)
	if err != nil {
		return err
	}
	var answer transfer.MovedOn
	if err := k.Verify(ctx, m.Pin(), back, transfer.TypMovedOn, &answer); err != nil {
		return err
	}
	want := k.theirs(m)
	want.InReplyTo = notice.ID
	return answer.CheckAnswer(want, k.Now())
}

// onwardLater tries again, longer and longer, as long as an undo would be told.
func (k *Keeper) onwardLater(ctx context.Context, m Move, l Leaving, err error) (Next, error) {
	since := k.Now().Sub(l.Since)
	switch {
	case ctx.Err() != nil:
		return Next{}, ctx.Err()
	case since > takeBackFor:
		k.Log.WarnContext(ctx, "an old pod was never told that its account moved on", "move", m.ID, "pod", m.Issuer, "error", err)
		return Next{Done: true}, nil
	}
	k.Log.InfoContext(ctx, "an old pod does not hear yet that its account moved on", "move", m.ID, "pod", m.Issuer, "error", err)
	return Next{After: min(max(since/4, 5*time.Second), 6*time.Hour)}, nil
}
