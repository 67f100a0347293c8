package destination

import (
	"context"

	"podmove/transfer"
)

// Check looks, for the person who pressed the button (Protocol §2.6), whether a
// move can go well, from what the old pod tells everybody (§2.8). Nothing is
// pushed, and nothing is changed. The error is that of the first obstacle.
func (v *Mover) Check(ctx context.Context, account int64, move string) ([]transfer.Finding, error) {
	m, err := v.Mine(ctx, account, move)
	switch {
	case err != nil:
		return nil, err
	case !m.State.May(Authorizing):
		return nil, transfer.Errorf(transfer.TransferClosed, "this move has no need of consent now")
	case v.Look == nil:
		return nil, nil
	}
	list, err := v.Look(ctx, m.Typed, m.Purpose)
	if err != nil {
		v.explain(ctx, m, err)
	}
	return list, err
}
