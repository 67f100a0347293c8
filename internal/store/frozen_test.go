package store_test

import (
	"context"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// freeze has an account stand still for so long.
func freeze(t *testing.T, s *store.Store, account int64, d time.Duration) {
	t.Helper()
	must(t, s.AddTransfer(t.Context(), source.Transfer{
		ID: "0123456789abcdef0123456789abcdef", Account: account, Purpose: transfer.Move,
		State: transfer.Frozen, Thaws: s.Now().Add(d), Created: s.Now(), Used: s.Now(),
	}))
}

// TestFrozen: no change number is to be had of an account that stands still,
// whoever asks; but a post can be deleted (Protocol §5.1). What people write is
// tried page by page in web TestStill.
func TestFrozen(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		s, account := p.s, p.account(t, "aurora")
		came := bring(t, w, "0123456789abcdef", transfer.Aspect{Name: "Friends"})
		wantOutcome(t, came, transfer.Imported, "")
		h := newHomeOf(t, s, "boreal")
		freeze(t, s, account, time.Minute)
		for name, write := range map[string]func(ctx context.Context) error{
			"a post": func(ctx context.Context) error {
				_, err := s.CreatePost(ctx, account, transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Text: "x", Public: true})
				return err
			},
			"a page of an archive or of another pod": func(ctx context.Context) error {
				after, err := w.Progress(ctx, transfer.Aspects)
				must(t, err)
				e, err := transfer.Encode("fedcba9876543210", transfer.Aspect{Name: "Family"})
				must(t, err)
				_, err = w.Write(ctx, transfer.Page{Collection: transfer.Aspects, After: after, Next: after + "x", Through: 9, Entries: []transfer.Entry{e}})
				return err
			},
			"the undo of a move to it": func(ctx context.Context) error {
				m := destination.Move{ID: "aurora from elsewhere", Account: account, Issuer: "https://old.example", Subject: "elsewhere"}
				_, err := s.TakeBack(ctx, m, transfer.Aspects, []string{came.GUID})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				if err := write(t.Context()); transfer.CodeOf(err) != transfer.AccountFrozen {
					t.Errorf("got %v", err)
				}
			})
		}
		t.Run("and others are not hindered", func(t *testing.T) {
			must(t, h.s.DeletePhoto(t.Context(), h.account, h.photo))
		})
	})
}

// TestFrozenWhileWaiting: what waits for the lock that a freeze is made under
// is refused, too.
func TestFrozenWhileWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		account := newAccount(t, s, "aurora").ID
		late := make(chan error, 1)
		must(t, s.InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.LockAccount(ctx, account))
			go func() {
				_, err := s.CreatePost(t.Context(), account, transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Text: "x", Public: true})
				late <- err
			}()
			time.Sleep(100 * time.Millisecond) // it may wait by then; it is refused in either case
			return s.AddTransfer(ctx, source.Transfer{
				ID: "0123456789abcdef0123456789abcdef", Account: account, State: transfer.Frozen, Thaws: s.Now().Add(time.Minute),
			})
		}))
		if err := <-late; transfer.CodeOf(err) != transfer.AccountFrozen {
			t.Errorf("got %v", err)
		}
	})
}
