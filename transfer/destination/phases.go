package destination

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"podmove/transfer"
)

// maxRounds is how often a copy may differ from the manifest before the person
// is asked. Each round reads what changed and pauses longer before the next.
const maxRounds = 15

// copy pulls until everything has caught up. It stops when the move is no
// longer what it was, because the person cancelled it.
func (r *run) copy(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	taken, err := r.Arrivals.Taken(ctx, r.m.ID)
	if err != nil {
		return err
	}
	b := BoundsOf(r.m.Plan).with(r.Bounds)
	b.Taken, b.Until, b.Now, b.Before = taken, r.until, r.Now, r.leave
	err = Copy(ctx, r.Writer(r.m), r.source, b, func(_ transfer.Collection, came []transfer.Outcome) {
		if r.came += len(came); len(came) > 0 {
			r.m.Attempts = 0
		}
		if now, err := r.Moves.Move(ctx, r.m.ID); err == nil && now.State != r.m.State {
			cancel(transfer.ErrOvertaken)
		}
	})
	if cause := context.Cause(ctx); errors.Is(cause, transfer.ErrOvertaken) {
		return cause
	}
	return err
}

// receipts tells the source what became of each item, batch by batch.
func (r *run) receipts(ctx context.Context) error {
	for {
		list, err := r.Arrivals.Unsent(ctx, r.m.ID, transfer.MaxReceipts)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := r.source.Receipts(ctx, list); err != nil {
			return err
		}
		if err := r.Arrivals.MarkSent(ctx, r.m.ID, list); err != nil {
			return err
		}
		if r.Now().After(r.until) {
			return ErrPaused
		}
	}
}

// verify compares the source's manifest with what came, and hands over the
// signed receipt (Protocol §5.2).
func (r *run) verify(ctx context.Context) error {
	if err := r.mayCome(ctx, r.m); err != nil {
		return err
	}
	manifest, err := r.source.Manifest(ctx)
	if err != nil {
		return err
	}
	came, arrived, err := r.Writer(r.m).Tally(ctx)
	if err != nil {
		return err
	}
	if c := r.differing(manifest, came); c != "" {
		why := transfer.Errorf(transfer.ManifestDiffers, "what came of %s is not what the old pod's manifest says. What came is kept here, and nothing at the old pod was changed", c)
		if r.barren > 1 { // there is nothing to read that would mend it
			return why
		}
		return r.round(ctx, why)
	}
	receipt, err := r.receipt(ctx, manifest, arrived)
	if err != nil {
		return err
	}
	if r.m.ReceiptFor != r.m.Transfer { // noted first: its answer may be lost
		r.m.ReceiptFor = r.m.Transfer
		if err := r.to(r.change(ctx, r.m, change{to: r.m.State})); err != nil {
			return err
		}
	}
	plan, err := r.source.Complete(ctx, receipt)
	switch e := coded(err); {
	case err == nil:
	case e.Code == transfer.ChangedSince:
		return r.round(ctx, e)
	case e.Code == transfer.Incomplete:
		if err := r.Arrivals.MarkUnsent(ctx, r.m.ID, e.GUIDs); err != nil {
			return err
		}
		return r.round(ctx, e)
	default:
		return err
	}
	r.m.Plan = plan
	if err := r.heed(ctx, plan); err != nil || r.m.State != Verifying {
		return err
	}
	return r.round(ctx, transfer.Errorf(transfer.AnswerInvalid, "the old pod took the receipt and says that the transfer is still %q", plan.State))
}

// differing is the first collection in which what came is not what the
// manifest says was given, "" if there is none.
func (r *run) differing(m transfer.Manifest, came []transfer.Tally) transfer.Collection {
	for _, c := range BoundsOf(r.m.Plan).Collections {
		if tally(m.Tallies, c) != tally(came, c) {
			return c
		}
	}
	return ""
}

// tally is that of one collection; one that is not listed holds nothing.
func tally(list []transfer.Tally, c transfer.Collection) transfer.Tally {
	i := slices.IndexFunc(list, func(t transfer.Tally) bool { return t.Collection == c })
	if i < 0 {
		return transfer.NewTallier(c).Tally()
	}
	return list[i]
}

// round goes back to reading what changed, within the same freeze if there is
// one (Protocol §5.2); after too many the person decides.
func (r *run) round(ctx context.Context, why *transfer.Error) error {
	if r.m.Rounds >= maxRounds {
		return why
	}
	r.m.Rounds++
	to := CatchingUp
	if r.m.Plan.State == transfer.Frozen {
		to = Freezing
	}
	return r.to(r.enter(ctx, r.m, to, "Something changed meanwhile: reading that, too."))
}

// receipt is what this pod signs that it took.
func (r *run) receipt(ctx context.Context, m transfer.Manifest, arrived []transfer.Tally) (string, error) {
	place, err := r.Place(ctx, r.m.Account)
	if err != nil {
		return "", err
	}
	receipt := transfer.Receipt{
		Envelope: transfer.Envelope{
			Issuer: r.Origin, Audience: r.m.Issuer, Transfer: r.m.Transfer, Nonce: r.m.Nonce,
			IssuedAt: r.Now().Unix(), ID: rand.Text(), InReplyTo: m.ID,
		},
		AsOf: m.AsOf, Account: place.ID, Profile: place.Profile, Templates: place.Templates,
	}
	for _, c := range BoundsOf(r.m.Plan).Collections {
		receipt.Tallies = append(receipt.Tallies, tally(arrived, c))
	}
	return r.Sign(transfer.TypReceipt, receipt)
}

// finish: the source has what it needs, and the tokens go back (Protocol §5.5).
func (r *run) finish(ctx context.Context) error {
	text := "The move is done: old links now lead here."
	if r.m.Retries != "" {
		text = "What was tried again has come: its old links now lead here, too."
	}
	if r.m.Purpose == transfer.Copy {
		text = "The copy is done. Nothing at the old pod was changed."
	}
	if stood := stoodFor(r.m.Plan); stood > 0 {
		text += fmt.Sprintf(" The old account stood still for %.1f seconds.", stood.Seconds())
		r.Log.InfoContext(ctx, "the old account stood still for a move", "move", r.m.ID, "for", stood)
	}
	r.m = r.m.finished()
	if r.m.Message != "" {
		text = r.m.Message
	}
	return r.to(r.done(ctx, r.m, change{text: text, job: FarewellJob{r.m.ID}}))
}

// ended: the person, or time, ended it at the old pod.
func (r *run) ended(ctx context.Context, s transfer.State) error {
	r.m.Reason, r.m.Message = transfer.TransferClosed, "The transfer was cancelled at the old pod. What came is kept here, and nothing was changed there."
	if s == transfer.ExpiredIdle {
		r.m.Reason, r.m.Message = transfer.Expired, "The old pod gave the transfer up because nothing happened for too long. What came is kept here, and nothing was changed there."
	}
	return r.to(r.change(ctx, r.m, change{to: Cancelled, text: r.m.Message, job: FarewellJob{r.m.ID}}))
}

// acceptance waits until the person accepts, at the old pod, what did not
// arrive (Protocol §5.2). Looking again is no sign of life: a person who never
// answers lets the move expire.
func (r *run) acceptance(ctx context.Context) error {
	c := change{to: Waiting, idle: r.m.State == Waiting && r.m.Reason == transfer.AcceptanceNeeded}
	if !c.idle {
		r.m.Message = "Some items did not arrive. Look at the list, and accept it at the old pod or try them again; until then nothing there is changed."
		c.text = r.m.Message
	}
	r.m.Phase, r.m.Reason, r.m.WaitUntil, r.m.Attempts = Verifying, transfer.AcceptanceNeeded, r.Now().Add(r.Poll).UTC(), 0
	return r.to(r.change(ctx, r.m, c))
}
