package redirects_test

import (
	"strings"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// earlier is a move of the same account that ended before the world's, in a state.
func (w *world) earlier(state destination.State) (move string) {
	w.Helper()
	move, nonce, began := strings.Repeat("f", 32), strings.Repeat("n", 26), w.now.Add(-time.Hour)
	check(w.T, w.old.store.AddTransfer(w.Context(), source.Transfer{
		ID: strings.Repeat("d", 32), Account: w.old.account.ID, Grant: "an earlier one", Client: newPod + "/oauth/client.json", Nonce: nonce,
		Purpose: transfer.Move, Destination: "newcomer@new.example", Keys: w.new.jwks(), State: transfer.Cancelled, Created: began, Used: began,
	}))
	check(w.T, w.new.store.AddMove(w.Context(), destination.Move{
		ID: move, Account: w.new.account.ID, Purpose: transfer.Move, Typed: "aurora@old.example", Issuer: oldPod, Subject: w.old.account.GUID,
		Transfer: strings.Repeat("d", 32), Nonce: nonce, State: state, Keys: w.old.jwks(), Created: began, Changed: began, Ended: began,
	}))
	return move
}

// TestUndoOfAnEarlierMove: an item is known by where it came from, whichever move
// brought it. What a later one has a receipt for, an earlier one takes not away.
func TestUndoOfAnEarlierMove(t *testing.T) {
	each(t, func(w *world) {
		move, came := w.earlier(destination.Cancelled), len(w.fixture.Entries[transfer.Posts])
		w.part("is refused while a later one stands", func() {
			want(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, move), transfer.TransferActive)
			if got := w.new.items(w.T, transfer.Posts); len(got) != came {
				w.Errorf("%d posts are left, want %d", len(got), came)
			}
		})
		w.part("is possible once that was taken back", func() {
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, move))
		})
	})
}
