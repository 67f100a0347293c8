package redirects_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// homeKeeper keeps what came to the old pod. Other pods answer every undo.
func (w *world) homeKeeper() *destination.Keeper {
	mover := destination.New(destination.Options{
		Moves: w.old.store, Arrivals: w.old.store, Origin: oldPod, Sign: w.old.sign, Event: w.old.store.Event, Enqueue: w.enqueue, Now: w.clock,
		Away: w.redirects.Away,
	})
	return destination.NewKeeper(mover, destination.KeeperOptions{
		Custody: w.old.store, OpenBlob: w.old.blobs.Open, Verify: verify, Peek: keys.Peek,
		Send: func(_ context.Context, _, message string) (string, error) {
			var asked transfer.Undo
			check(w.T, keys.Peek(message, &asked))
			return w.new.sign(transfer.TypUndo, transfer.Undo{State: transfer.Undone, Envelope: transfer.Envelope{
				Issuer: asked.Audience, Audience: oldPod, Transfer: asked.Transfer, Nonce: asked.Nonce, IssuedAt: w.now.Unix(), ID: rand.Text(), InReplyTo: asked.ID,
			}})
		},
	})
}

// came notes a move from a pod to the account at the old one.
func (w *world) came(from, letter string, state destination.State, reason transfer.Code) string {
	w.Helper()
	w.pass(time.Second)
	m := destination.Move{
		ID: strings.Repeat(letter, 32), Account: w.old.account.ID, Purpose: transfer.Move, Typed: "newcomer@new.example", Issuer: from,
		Subject: w.new.account.GUID, SourceAccount: "newcomer@new.example", Transfer: strings.Repeat(letter, 32), Nonce: rand.Text(),
		State: state, Reason: reason, Keys: w.new.jwks(), Created: w.now, Changed: w.now, Ended: w.now,
	}
	check(w.T, w.old.store.AddMove(w.Context(), m))
	return m.ID
}

// TestUndoingMovesBack: only the move by which an account lives here can have it
// live elsewhere again (Protocol §6.5).
func TestUndoingMovesBack(t *testing.T) {
	each(t, func(w *world) {
		keeper := w.homeKeeper()
		undo := func(move string) {
			w.Helper()
			check(w.T, keeper.Undo(w.Context(), w.old.account.ID, move))
		}
		w.bringBack(transfer.Profiles, transfer.Blocks, transfer.Posts, transfer.Photos) // without contacts: the departure goes on
		w.home()
		first := w.came(newPod, "1", destination.Done, "")
		cancelled := w.came(newPod, "2", destination.Cancelled, "")
		w.part("a cancelled one leaves an account that lives here, also when undone twice", func() {
			undo(cancelled)
			w.wantAccount(pod.Active, "")
			undo(cancelled)
			w.wantAccount(pod.Active, "")
		})
		w.part("the last one that was done has it moved again", func() {
			undo(first)
			w.wantAccount(pod.Moved, "newcomer@new.example")
		})
		w.part("and, undone twice, does not when the account came here otherwise since", func() {
			w.home()
			undo(first)
			w.wantAccount(pod.Active, "")
		})
		w.part("one that was undone at the other pod has it moved again as well", func() {
			undo(w.came(newPod, "3", destination.Undone, transfer.TransferClosed))
			w.wantAccount(pod.Moved, "newcomer@new.example")
		})
		w.part("one does not after which another account came here", func() {
			w.home()
			before := w.came(newPod, "4", destination.Done, "")
			w.came(thirdPod, "5", destination.Done, "")
			undo(before)
			w.wantAccount(pod.Active, "")
		})
	})
}
