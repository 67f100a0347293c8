package destination

import (
	"context"

	"podmove/transfer"
)

// Distrust stops a move whose source publishes none of the keys that were
// pinned at consent (Protocol §1.5), inside the transaction of ctx. Only a new
// consent, after a fresh sign-in at the source, goes on with it. What has ended
// stays as it is: no message of that source is believed, and the person is told.
func (v *Mover) Distrust(ctx context.Context, id string) error {
	m, err := v.Moves.ClaimMove(ctx, id) // a run that is at it stops
	if err != nil {
		return err
	}
	host := hostOf(m.SourceAccount)
	switch {
	case m.State == Authorizing: // the person is about to agree anew
		return nil
	case !m.State.May(NeedsAttention):
		return v.Event(ctx, m.Account, m.ID, "move-keys-differ",
			host+" answers with other keys than when you agreed. Perhaps somebody else has bought the name. This pod believes nothing that it says about this move, and what came stays here.")
	case m.State != Waiting && m.State != NeedsAttention:
		m.Phase = m.State
	}
	_, err = v.attention(ctx, m, transfer.KeysDiffer,
		"The move stopped: "+host+" answers with other keys than when you agreed. Perhaps somebody else has bought the name. What came is kept. If you are sure that it is the same pod, agree there once more to go on; else cancel.")
	return err
}

// Trust notes that a source publishes again what was pinned.
func (v *Mover) Trust(ctx context.Context, id string) error {
	m, err := v.Moves.Move(ctx, id)
	if err != nil {
		return err
	}
	return v.Event(ctx, m.Account, m.ID, "move-keys-agree", hostOf(m.SourceAccount)+" answers again with keys that you agreed to.")
}
