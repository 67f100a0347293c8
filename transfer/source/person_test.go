package source_test

import (
	"slices"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/source"
)

func TestAccept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		k := w.take(t, w.grant())
		failed := k.fail(transfer.Photos, transfer.Failed)
		skipped := k.fail(transfer.Profiles, transfer.Skipped)
		k.report(t)
		signed := k.sign(t, k.receipt(t))
		t.Run("is needed when something did not arrive", func(t *testing.T) {
			for range 2 {
				plan := must(w.Complete(ctx, k.g, k.id, signed))(t)
				if plan.State != transfer.Verified || plan.Leftover != 2 || len(w.raised) != 0 {
					t.Fatalf("%s, %d left, raised %v", plan.State, plan.Leftover, w.raised)
				}
			}
		})
		t.Run("lists what did not, with the reasons", func(t *testing.T) {
			first := must(w.Leftovers(ctx, w.account.ID, k.id, transfer.Outcome{}, 1))(t)
			rest := must(w.Leftovers(ctx, w.account.ID, k.id, first[0], 10))(t)
			got := []string{first[0].GUID, rest[0].GUID}
			if len(rest) != 1 || !slices.Contains(got, failed) || !slices.Contains(got, skipped) {
				t.Errorf("%+v %+v", first, rest)
			}
		})
		t.Run("is for the account's own person", func(t *testing.T) {
			_, err := w.Accept(ctx, w.account.ID+1, k.id)
			want(t, err, transfer.NotFound)
			_, err = w.Leftovers(ctx, w.account.ID+1, k.id, transfer.Outcome{}, 10)
			want(t, err, transfer.NotFound)
			_, err = w.Withdraw(ctx, w.account.ID+1, k.id)
			want(t, err, transfer.NotFound)
		})
		added := must(w.store.CreatePost(ctx, w.account.ID, transfer.Post{Public: true, Text: "late", CreatedAt: transfer.TimeOf(w.now)}))(t)
		t.Run("goes back to copying when the account changed", func(t *testing.T) {
			_, err := w.Accept(ctx, w.account.ID, k.id)
			wantNamed(t, err, transfer.ChangedSince, added)
			if got := must(w.State(ctx, k.g, k.id))(t).State; got != transfer.Copying || len(w.raised) != 0 {
				t.Errorf("%s, raised %v", got, w.raised)
			}
			_, err = w.Accept(ctx, w.account.ID, k.id)
			want(t, err, transfer.TransferClosed)
		})
		t.Run("raises the stubs, once", func(t *testing.T) {
			k.catchUp(t)
			k.fail(transfer.Photos, transfer.Failed)
			k.report(t)
			must(k.complete(t))(t)
			for range 2 {
				done := must(w.Accept(ctx, w.account.ID, k.id))(t)
				if done.State != transfer.Redirecting || done.Accepted.IsZero() || len(w.raised) != 1 {
					t.Errorf("%s, %v, raised %v", done.State, done.Accepted, w.raised)
				}
			}
		})
	})
}

func TestReportAfterTheComparisonReopensIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		k.fail(transfer.Photos, transfer.Failed)
		k.report(t)
		must(k.complete(t))(t)
		for guid, o := range k.came[transfer.Photos] {
			o.Result, o.Reason = transfer.Imported, ""
			k.came[transfer.Photos][guid] = o
		}
		k.report(t)
		if got := must(w.State(t.Context(), k.g, k.id))(t).State; got != transfer.Copying {
			t.Fatalf("%s", got)
		}
		if plan := must(k.complete(t))(t); plan.State != transfer.Redirecting || plan.Leftover != 0 {
			t.Fatalf("%s, %d left", plan.State, plan.Leftover)
		}
	})
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		t.Run("by the client ends it and its permission", func(t *testing.T) {
			k := w.take(t, w.grant())
			for range 2 {
				if got := must(w.Cancel(ctx, k.g, k.id))(t).State; got != transfer.Cancelled {
					t.Errorf("%s", got)
				}
			}
			if !slices.Equal(w.revoked, []string{k.g.ID}) {
				t.Errorf("revoked %v", w.revoked)
			}
			_, err := w.page(t, k.g, k.id, transfer.Posts, "", 5)
			want(t, err, transfer.TransferClosed)
		})
		t.Run("by the person does, too, and the next may begin", func(t *testing.T) {
			k := w.take(t, w.grant())
			if got := must(w.Withdraw(ctx, w.account.ID, k.id))(t).State; got != transfer.Cancelled {
				t.Errorf("%s", got)
			}
			w.open(t, w.grant())
			if got := must(w.List(ctx, w.account.ID))(t); len(got) != 3 {
				t.Errorf("%d transfers", len(got))
			}
		})
	})
}

func TestExpire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		idle, busy := w.take(t, w.grant()), w.take(t, w.grant(copying))
		w.now = w.now.Add(6 * 24 * time.Hour)
		must(w.State(ctx, busy.g, busy.id))(t)
		w.now = w.now.Add(36 * time.Hour)
		if n := must(w.Expire(ctx))(t); n != 1 {
			t.Errorf("%d expired", n)
		}
		for k, state := range map[*taker]transfer.State{idle: transfer.ExpiredIdle, busy: transfer.Copying} {
			if got := must(w.State(ctx, k.g, k.id))(t).State; got != state {
				t.Errorf("got %s, want %s", got, state)
			}
		}
	})
}

func TestStates(t *testing.T) {
	ends := []transfer.State{transfer.Finished, transfer.Cancelled, transfer.ExpiredIdle, transfer.Undone, transfer.Erased}
	all := append([]transfer.State{transfer.Open, transfer.Copying, transfer.Frozen, transfer.Verified, transfer.Redirecting, transfer.ErasingOld}, ends...)
	t.Run("nothing follows on an end", func(t *testing.T) {
		for _, from := range ends {
			for _, to := range all {
				if source.May(from, to) {
					t.Errorf("%s → %s", from, to)
				}
			}
		}
	})
	t.Run("cancelled and expired follow on any before redirecting, and on none after", func(t *testing.T) {
		for _, from := range all {
			for _, to := range []transfer.State{transfer.Cancelled, transfer.ExpiredIdle} {
				if source.May(from, to) != from.Readable() {
					t.Errorf("%s → %s: %t", from, to, source.May(from, to))
				}
			}
		}
	})
	t.Run("undone and erasing follow on redirecting only", func(t *testing.T) {
		for _, from := range all {
			for _, to := range []transfer.State{transfer.Undone, transfer.ErasingOld} {
				if source.May(from, to) != (from == transfer.Redirecting) {
					t.Errorf("%s → %s: %t", from, to, source.May(from, to))
				}
			}
		}
	})
}
