package redirects_test

import (
	"slices"
	"strings"
	"testing"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestUndoEndsWhatWouldComplete: a move that is about to complete one that is undone
// brings nothing more, or what it brings would stay after the taking back.
func TestUndoEndsWhatWouldComplete(t *testing.T) {
	each(t, func(w *world) {
		id := strings.Repeat("a", 32)
		check(w.T, w.new.store.AddMove(w.Context(), destination.Move{
			ID: id, Account: w.new.account.ID, Purpose: transfer.Move, Typed: "aurora@old.example", Issuer: oldPod, Subject: w.old.account.GUID,
			Retries: w.move, Nonce: strings.Repeat("n", 26), State: destination.Copying, Keys: w.old.jwks(), Created: w.now, Changed: w.now,
		}))
		atWork := must(w.new.store.ClaimMove(w.Context(), id))(w.T)
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
		m := must(w.new.store.Move(w.Context(), id))(w.T)
		if m.State != destination.Cancelled || !strings.Contains(m.Message, "was undone") {
			w.Errorf("it is %s: %s", m.State, m.Message)
		}
		if !slices.Contains(w.jobs, redirects.Job(destination.FarewellJob{Move: id})) {
			w.Errorf("nobody tells the old pod: the jobs are %v", w.jobs)
		}
		if now := must(w.new.store.ClaimMove(w.Context(), id))(w.T); now.Claim != atWork.Claim+2 {
			w.Error("whoever was at it goes on")
		}
	})
}
