package redirects_test

import (
	"context"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/transfer"
)

// TestUndoOfAnEarlierDeparture: an account is where its latest departure left it.
func TestUndoOfAnEarlierDeparture(t *testing.T) {
	each(t, func(w *world) {
		earlier := 0
		w.redirects.Earlier = func(context.Context, int64, string) error { earlier++; return nil }
		leave := func() (first string) {
			first = w.id
			w.home()
			w.pass(time.Second)
			w.again()
			earlier = 0
			return first
		}
		undo := func(id string) {
			w.Helper()
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, id)))
		}
		first := leave()
		w.part("an account that has left once more stays where it went, and nobody hears otherwise", func() {
			undo(first)
			w.wantAccount(pod.Moved, "newcomer@new.example")
			w.wantState(transfer.Redirecting, "")
			if earlier != 0 {
				w.Error("the pods before were told")
			}
		})
		w.part("the latest departure brings it back", func() {
			undo(w.id)
			w.wantAccount(pod.Active, "")
			if earlier != 1 {
				w.Errorf("the pods before were told %d times", earlier)
			}
		})
	})
	once(t, func(w *world) {
		first := w.id
		w.home()
		w.pass(time.Second)
		w.again()
		w.home()
		w.part("an account that lives here again goes on living here", func() {
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, first)))
			w.wantAccount(pod.Active, "")
		})
	})
}
