package redirects_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
)

// again moves the account a second time to where it moved before.
func (w *world) again() { w.moves(strings.Repeat("f", 32)) }

// TestMovedAgain: the work that an undo left behind must not take away what a
// later move has brought, or found to be there.
func TestMovedAgain(t *testing.T) {
	each(t, func(w *world) {
		first, all := w.move, len(w.old.items(w.T, transfer.Posts))
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, first))
		w.again()
		w.wantState(transfer.Redirecting, "")
		w.part("nothing is taken back when the work is done at last", func() {
			for !must(w.keeper.TakeBack(w.Context(), first))(w.T).Done {
			}
			if old, now := len(w.old.items(w.T, transfer.Posts)), len(w.new.items(w.T, transfer.Posts)); old != all || now != all {
				w.Errorf("there are %d posts at the old pod and %d at the new one, want %d", old, now, all)
			}
		})
		w.part("and the later move ends like any other", func() {
			w.runFor(grace + 2*notice)
			w.wantState(transfer.Erased, "")
			if now := len(w.new.items(w.T, transfer.Posts)); now != all {
				w.Errorf("there are %d posts at the new pod, want %d", now, all)
			}
		})
	})
	each(t, func(w *world) {
		first, id := w.move, w.id
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, first))
		w.again()
		w.part("what is about to be erased here is not said to be live", func() {
			guid := w.publicPost()
			d := must(w.old.store.Departure(w.Context(), id))(w.T)
			e := transfer.Envelope{Issuer: newPod, Audience: oldPod, Transfer: id, Nonce: d.Nonce, IssuedAt: w.clock().Unix(), ID: rand.Text()}
			e.Expires = e.IssuedAt + 60
			asked := transfer.Undo{Envelope: e, Items: []transfer.LiveItem{{Collection: transfer.Posts, GUID: guid, Digest: w.old.items(w.T, transfer.Posts)[guid]}}}
			answer := must(w.redirects.Hear(w.Context(), must(w.new.sign(transfer.TypUndo, asked))(w.T)))(w.T)
			var said transfer.Undo
			check(w.T, keys.Peek(answer, &said))
			if said.State != transfer.Undone || len(said.Items) > 0 {
				w.Errorf("the old pod answers %s, live are %d", said.State, len(said.Items))
			}
		})
	})
}

// TestAnnouncedLate: a pod that was down when erasing had to be announced.
func TestAnnouncedLate(t *testing.T) {
	for name, c := range map[string]struct {
		down, until time.Duration // since the stubs, and until when nothing may be erased
		week        int           // how often the week's announcement is made
	}{
		"for the whole grace period, gives the person all the time there should have been": {grace + time.Hour, grace + 7*24*time.Hour, 1},
		"until half a day before the end, too":                                             {grace - 12*time.Hour, grace + 6*24*time.Hour, 1},
		"for some hours, changes nothing":                                                  {grace - 7*24*time.Hour + 6*time.Hour, grace - time.Minute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				w.pass(c.down)
				w.runFor(c.until - c.down)
				w.wantState(transfer.Redirecting, "")
				if week, day := w.told(w.old, w.id, "erasing-in-7-days"), w.told(w.old, w.id, "erasing-in-1-day"); week != c.week || day != 1 {
					w.Errorf("told %d and %d times", week, day)
				}
				w.runFor(2 * 24 * time.Hour)
				w.wantState(transfer.Erased, "")
			})
		})
	}
}

// TestOtherKeysWhileErasing: the last answer came, and then it turns out that the
// new pod's keys are others.
func TestOtherKeysWhileErasing(t *testing.T) {
	each(t, func(w *world) {
		before := len(w.old.items(w.T, transfer.Posts))
		w.runFor(grace - time.Minute)
		n := 0
		w.twist = func(address, _, answer string) (string, error) {
			if n++; strings.HasSuffix(address, "/holdings") && n == 6 { // the last one
				w.strangers()
			}
			return answer, nil
		}
		w.runFor(2 * 24 * time.Hour)
		w.wantState(transfer.Redirecting, transfer.KeysDiffer)
		if left := len(w.old.items(w.T, transfer.Posts)); left != before {
			w.Errorf("%d of %d posts are left", left, before)
		}
	})
}
