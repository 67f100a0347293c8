package redirects_test

import (
	"context"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pins"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// distrust notes at a side that the other pod's keys differ, as internal/pins does.
func (w *world) distrust(s side, kind pins.Kind, id string, set []byte) {
	w.Helper()
	p := pins.Pin{Kind: kind, ID: id}
	p.Keys, p.Differ = set, w.clock()
	check(w.T, s.store.SavePin(w.Context(), p, set))
}

// TestOtherKeysThere: the new pod's keys are none of those agreed on (Protocol
// §1.5). The grant has no row in this world, so that the departure is told.
func TestOtherKeysThere(t *testing.T) {
	once(t, func(w *world) {
		w.strangers()
		before := w.old.items(w.T, transfer.Posts)
		w.part("it is not even asked what it holds, and nothing is erased", func() {
			w.runFor(grace + 48*time.Hour)
			w.wantState(transfer.Redirecting, transfer.KeysDiffer)
			if len(w.asked) > 0 || len(w.old.items(w.T, transfer.Posts)) != len(before) {
				w.Errorf("asked for %d items, %d are left", len(w.asked), len(w.old.items(w.T, transfer.Posts)))
			}
		})
		w.part("what it asks to undo is not undone", func() {
			err := w.keeper.Undo(w.Context(), w.new.account.ID, w.move)
			want(w.T, err, transfer.SignatureInvalid)
			w.wantState(transfer.Redirecting, transfer.KeysDiffer)
		})
		w.part("the person can undo it here", func() {
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
			w.wantState(transfer.Undone, "")
		})
	})
}

// strangers has the old pod's services believe that keys differ.
func (w *world) strangers() {
	w.Helper()
	book := w.redirects.Book
	w.redirects.Book = strange{book, w.clock()}
	w.redirects.Verify = func(ctx context.Context, p transfer.Pin, jws, typ string, claims any) error {
		if !p.Differ.IsZero() {
			return pins.Differ()
		}
		return verify(ctx, p, jws, typ, claims)
	}
}

// strange is a Book in which the new pod's keys differ.
type strange struct {
	redirects.Book
	since time.Time
}

func (b strange) Departure(ctx context.Context, id string) (redirects.Departure, error) {
	d, err := b.Book.Departure(ctx, id)
	d.KeysDiffer = b.since
	return d, err
}

// TestOtherKeysHere: the old pod's keys are none of those agreed on (Protocol
// §1.5): the new one answers none of its questions and heeds none of its notices.
func TestOtherKeysHere(t *testing.T) {
	each(t, func(w *world) {
		w.distrust(w.new, pins.Move, w.move, w.old.jwks())
		w.keeper.Verify = func(ctx context.Context, p transfer.Pin, jws, typ string, claims any) error {
			if !p.Differ.IsZero() {
				return pins.Differ()
			}
			return verify(ctx, p, jws, typ, claims)
		}
		w.part("a question after holdings has no answer", func() {
			w.runFor(grace + 48*time.Hour)
			if d := w.departure(); d.State != transfer.Redirecting || d.Reason != transfer.SignatureInvalid {
				w.Errorf("the departure is %s because of %s", d.State, d.Reason)
			}
		})
		w.part("a notice of an undo is not heeded", func() {
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
			must(w.redirects.Tell(w.Context(), w.id))(w.T)
			if s := w.moveState(); s != destination.Done {
				w.Errorf("the move is %s", s)
			}
		})
		w.part("and what it answers to an undo is not believed", func() {
			want(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move), transfer.KeysDiffer)
			if s := w.moveState(); s != destination.Done {
				w.Errorf("the move is %s", s)
			}
		})
	})
}

// TestReceiptOutlivesItsKey: what both pods agreed on can be read when the key
// that signed it is long gone.
func TestReceiptOutlivesItsKey(t *testing.T) {
	each(t, func(w *world) {
		w.source.Verify = func(context.Context, transfer.Pin, string, string, any) error { return keys.ErrUnknownKey }
		list := must(w.source.Compared(w.Context(), w.old.account.ID, w.id))(w.T)
		if len(list) == 0 {
			w.Error("there is nothing")
		}
	})
}
