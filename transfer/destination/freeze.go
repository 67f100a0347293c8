package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// Catching up goes on until a pass brings no more than few entries, since for as
// long as those take to read the account is going to stand still; but not for
// longer than maxPasses, for a person who never rests.
const (
	few       = 100
	maxPasses = 10
)

// pass reads what changed, and tells the source what became of it.
func (r *run) pass(ctx context.Context) error {
	r.came = 0
	if err := r.copy(ctx); err != nil {
		return err
	}
	if err := r.receipts(ctx); err != nil {
		return err
	}
	r.m.Attempts = 0
	return nil
}

// catchUp reads what changed meanwhile, and when there is little of it has the
// account stand still for the rest (Protocol §5.1).
func (r *run) catchUp(ctx context.Context) error {
	if err := r.pass(ctx); err != nil {
		return err
	}
	if r.passes++; r.came > few && r.passes < maxPasses {
		return nil
	}
	// A copy leaves the account alone, and one that has moved is written to no more.
	if r.m.Purpose == transfer.Copy || r.m.Retries != "" {
		return r.compare(ctx)
	}
	return r.freeze(ctx)
}

// freeze asks for the last changes to be the last. A source of another version
// may have no such thing; what changes while it is compared is then read in one
// round more.
func (r *run) freeze(ctx context.Context) error {
	plan, err := r.source.Freeze(ctx)
	switch transfer.CodeOf(err) {
	case "":
		r.m.Plan = plan
	case transfer.NotFound, transfer.MethodRefused:
		return r.compare(ctx)
	default:
		return err
	}
	if err := r.heed(ctx, plan); err != nil || r.m.State != CatchingUp {
		return err
	}
	if plan.State != transfer.Frozen {
		return r.compare(ctx)
	}
	return r.to(r.enter(ctx, r.m, Freezing, "The account at the old pod stands still: reading the last changes."))
}

// lastChanges reads what changed until the account stood still. A freeze that
// ended meanwhile, since this pod was away, is asked for once more.
func (r *run) lastChanges(ctx context.Context) error {
	if r.m.Plan.State != transfer.Frozen {
		return r.to(r.enter(ctx, r.m, CatchingUp, "The account at the old pod could be written to again: reading what changed meanwhile."))
	}
	if err := r.pass(ctx); err != nil {
		return err
	}
	if r.barren++; r.came > 0 {
		r.barren = 0
	}
	return r.compare(ctx)
}

func (r *run) compare(ctx context.Context) error {
	return r.to(r.enter(ctx, r.m, Verifying, "Comparing what came with what the old pod says it gave."))
}

// stoodFor is for how long the account stood still, as its pod says: within what
// it may be.
func stoodFor(p transfer.Plan) time.Duration {
	return time.Duration(min(max(p.Stood, 0), int64(time.Hour/time.Millisecond))) * time.Millisecond
}
