package redirects_test

import (
	"slices"
	"strings"
	"testing"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestTheAnswerToAnUndoIsLost: the old pod took the move back, and the new one
// does not know.
func TestTheAnswerToAnUndoIsLost(t *testing.T) {
	each(t, func(w *world) {
		w.part("claims nothing that the new pod does not know", func() {
			w.twist = func(string, string, string) (string, error) { return "", errDown }
			err := w.keeper.Undo(w.Context(), w.new.account.ID, w.move)
			want(w.T, err, transfer.PodUnreachable)
			if !strings.Contains(err.Error(), "did not confirm") {
				w.Error(err)
			}
			w.twist = nil
			w.wantState(transfer.Undone, "")
			if state := w.moveState(); state != destination.Done {
				w.Errorf("the move is %s", state)
			}
		})
		w.part("has the old pod send a notice, once, which the new pod believes", func() {
			notices := slices.DeleteFunc(slices.Clone(w.jobs), func(j redirects.Job) bool { return j != redirects.Job(redirects.NoticeJob{Transfer: w.id}) })
			if len(notices) != 1 {
				w.Fatalf("the jobs are %v", w.jobs)
			}
			if next := must(w.redirects.Tell(w.Context(), w.id))(w.T); !next.Done || w.moveState() != destination.Undone {
				w.Errorf("got %+v, and the move is %s", next, w.moveState())
			}
		})
		w.part("then what came can be taken away as after every undo", func() {
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			w.takeBack()
			if n := len(w.new.items(w.T, transfer.Posts)); n != 0 {
				w.Errorf("%d posts are left", n)
			}
		})
	})
}
