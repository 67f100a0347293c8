package redirects_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"podmove/redirects"
	"podmove/transfer"
)

// A brokenBook fails at the erase call with that number, after it was done and
// before it is committed, as a killed process does.
type brokenBook struct {
	redirects.Book
	at int
}

var errKilled = errors.New("killed")

func (b *brokenBook) Erase(ctx context.Context, d redirects.Departure, bound redirects.Bound, limit int) (int, error) {
	n, err := b.Book.Erase(ctx, d, bound, min(limit, 7))
	if b.at--; b.at == 0 && err == nil {
		err = errKilled
	}
	return n, err
}

// TestErasingGoesOn: what was erased when a process died stays erased,
// the rest is erased by the next process, and there is no way
// back in between (Protocol §7.1).
func TestErasingGoesOn(t *testing.T) {
	each(t, func(w *world) {
		w.runFor(grace - time.Minute)
		w.pass(time.Hour)
		whole := w.redirects
		dying := *whole
		dying.Book = &brokenBook{whole.Book, 3}
		next, err := dying.Run(w.Context(), w.id)
		for range 10 {
			if err != nil {
				break
			}
			next, err = dying.Run(w.Context(), w.id)
		}
		if !errors.Is(err, errKilled) {
			w.Fatalf("got %+v, %v", next, err)
		}
		w.wantState(transfer.ErasingOld, "")
		if left := len(w.old.items(w.T, transfer.Posts)); left != len(w.fixture.Entries[transfer.Posts])-14 {
			w.Errorf("%d posts are left, want all but two batches", left)
		}
		_, err = whole.Undo(w.Context(), w.old.account.ID, w.id)
		want(w.T, err, transfer.Erasing)
		w.runFor(time.Hour)
		w.wantState(transfer.Erased, "")
		for _, c := range transfer.Collections()[1:] {
			if got := w.old.items(w.T, c); len(got) != 0 {
				w.Errorf("%d %s are left", len(got), c)
			}
		}
	})
}
