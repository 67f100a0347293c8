package redirects_test

import (
	"context"
	"strings"
	"testing"

	"podmove/internal/pod"
	"podmove/transfer"
)

const stranger = "somebody@third.example"

func (w *world) mayCome(from string) error {
	w.Helper()
	return w.redirects.MayCome(w.Context(), w.old.account.ID, from)
}

func (w *world) homeFrom(id string) {
	w.Helper()
	w.inTx(func(ctx context.Context) error { return w.redirects.Home(ctx, w.old.account.ID, id) })
}

// TestComingFromElsewhere: only a move from where an account went has it in use
// again while its old copies are to be erased (Protocol §6.5).
func TestComingFromElsewhere(t *testing.T) {
	each(t, func(w *world) {
		w.part("a move from elsewhere is refused, in words that say what can be done", func() {
			for _, id := range []string{stranger, "another@new.example"} {
				err := w.mayCome(id)
				want(w.T, err, transfer.TransferActive)
				if !strings.Contains(err.Error(), "newcomer@new.example") || !strings.Contains(err.Error(), "undo") {
					w.Error(err)
				}
			}
		})
		w.part("one from where the account went is not", func() { check(w.T, w.mayCome("newcomer@new.example")) })
		w.part("one that was under way leaves the account moved, and the person reads so", func() {
			w.homeFrom(stranger)
			w.wantAccount(pod.Moved, "newcomer@new.example")
			w.wantState(transfer.Redirecting, "")
			if w.told(w.old, w.id, "transfer-home") != 1 {
				w.Error("the person was not told")
			}
		})
		w.part("when all is over, any account may come, and is in use", func() {
			w.runFor(grace + 2*notice)
			w.wantState(transfer.Erased, "")
			check(w.T, w.mayCome(stranger))
			w.homeFrom(stranger)
			w.wantAccount(pod.Active, "")
		})
	})
	once(t, func(w *world) {
		w.home()
		w.wantAccount(pod.Active, "")
		told := w.told(w.old, w.id, "transfer-home")
		w.part("beside an account that came back, another may come, of which nobody says that it moved back", func() {
			check(w.T, w.mayCome(stranger))
			w.homeFrom(stranger)
			w.wantAccount(pod.Active, "")
			if n := w.told(w.old, w.id, "transfer-home"); n != told {
				w.Errorf("told %d times, and %d before", n, told)
			}
		})
	})
	once(t, func(w *world) {
		w.onward()
		check(w.T, drop(w.redirects.HearOnward(w.Context(), must(w.new.sign(transfer.TypMovedOn, w.movedOn(w.publicPost())))(w.T))))
		w.part("an account may come back from where it went on to", func() {
			check(w.T, w.mayCome("newest@third.example"))
			w.homeFrom("newest@third.example")
			w.wantAccount(pod.Active, "")
		})
		w.part("and leave again when that is taken back", func() {
			w.inTx(func(ctx context.Context) error {
				return w.redirects.Away(ctx, w.old.account.ID, "newest@third.example")
			})
			w.wantAccount(pod.Moved, "newcomer@new.example")
		})
	})
}
