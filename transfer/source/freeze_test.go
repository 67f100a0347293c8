package source_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// writes tries to write a post, and wants an answer.
func (w *world) writes(t *testing.T, code transfer.Code) (guid string) {
	t.Helper()
	guid, err := w.store.CreatePost(t.Context(), w.account.ID, transfer.Post{CreatedAt: transfer.TimeOf(w.now), Text: "now", Public: true})
	want(t, err, code)
	return guid
}

// freeze freezes the account, and wants the state.
func (k *taker) freeze(t *testing.T, state transfer.State) transfer.Plan {
	t.Helper()
	plan := must(k.w.Freeze(t.Context(), k.g, k.id))(t)
	if plan.State != state {
		t.Fatalf("the transfer is %s, want %s", plan.State, state)
	}
	return plan
}

// state is how the person sees the transfer.
func (k *taker) state(t *testing.T, state transfer.State) {
	t.Helper()
	if kept := must(k.w.Of(t.Context(), k.w.account.ID, k.id))(t); kept.State != state {
		t.Errorf("the transfer is %s, want %s", kept.State, state)
	}
}

func TestFreeze(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.writes(t, "")
		k := w.take(t, w.grant())
		t.Run("refuses what only reads", func(t *testing.T) {
			reader := w.take(t, w.grant(copying))
			_, err := w.Freeze(t.Context(), reader.g, reader.id)
			want(t, err, transfer.ScopeMissing)
			g := k.g
			g.Scopes = []string{oauth.ScopeRead}
			_, err = w.Freeze(t.Context(), g, k.id)
			want(t, err, transfer.ScopeMissing)
			w.writes(t, "")
		})
		t.Run("lets nothing be written but the deletion of a post", func(t *testing.T) {
			k.freeze(t, transfer.Frozen)
			w.writes(t, transfer.AccountFrozen)
			check(t, w.store.DeletePost(t.Context(), w.account.ID, before))
		})
		t.Run("is not another transfer's to complete", func(t *testing.T) {
			reader := w.take(t, w.grant(copying))
			_, err := w.Complete(t.Context(), reader.g, reader.id, "")
			want(t, err, transfer.AccountFrozen)
		})
		t.Run("makes another round for a post that was deleted meanwhile", func(t *testing.T) {
			r := k.receipt(t)
			r.AsOf--
			_, err := w.Complete(t.Context(), k.g, k.id, k.sign(t, r))
			want(t, err, transfer.ChangedSince)
			k.state(t, transfer.Frozen)
		})
		t.Run("ends when the move is completed", func(t *testing.T) {
			w.now = w.now.Add(1300 * time.Millisecond)
			k.catchUp(t)
			k.report(t)
			plan := must(k.complete(t))(t)
			if plan.State != transfer.Redirecting || plan.Stood != 1300 {
				t.Errorf("the transfer is %s after %d ms", plan.State, plan.Stood)
			}
			if plan := k.freeze(t, transfer.Redirecting); plan.Stood != 1300 {
				t.Errorf("it stood for %d ms", plan.Stood)
			}
			if kinds := w.events(t, k.id); !slices.Contains(kinds, "transfer-frozen") {
				t.Errorf("the person reads %s", kinds)
			}
			if text := w.line(t, k.id, "transfer-verified"); !strings.HasSuffix(text, "The account stood still for 1.3 seconds.") {
				t.Errorf("the person reads %q", text)
			}
		})
	})
}

// line is the newest of a kind.
func (w *world) line(t *testing.T, subject, kind string) string {
	t.Helper()
	for _, e := range must(w.store.EventsOf(t.Context(), w.account.ID, subject, 100))(t) {
		if e.Kind == kind {
			return e.Text
		}
	}
	return ""
}

// TestThaw is how a freeze ends that nobody completes (Protocol §5.1).
func TestThaw(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		began := w.now
		for _, c := range []struct {
			name string
			use  func(t *testing.T)
			step time.Duration
			last time.Duration // for which it lasts
		}{
			{"a minute after the last request that used it", func(*testing.T) {}, 10 * time.Second, time.Minute},
			{"ten minutes after it began, however much it is used", func(t *testing.T) { must(w.State(t.Context(), k.g, k.id))(t) }, 50 * time.Second, 10 * time.Minute},
		} {
			t.Run(c.name, func(t *testing.T) {
				k.freeze(t, transfer.Frozen)
				for began := w.now; w.now.Sub(began)+c.step < c.last; w.now = w.now.Add(c.step) {
					w.writes(t, transfer.AccountFrozen)
					c.use(t)
				}
				w.now = w.now.Add(c.step)
				w.writes(t, "") // by the clock alone
				k.state(t, transfer.Copying)
			})
		}
		t.Run("and the sweep says so, should nobody look", func(t *testing.T) {
			k.freeze(t, transfer.Frozen)
			if n := must(w.Thaw(t.Context()))(t); n != 0 {
				t.Errorf("%d thawed at once", n)
			}
			w.now = w.now.Add(time.Minute)
			if n := must(w.Thaw(t.Context()))(t); n != 1 || w.events(t, k.id)[0] != "transfer-copying" {
				t.Errorf("%d thawed: %s", n, w.events(t, k.id))
			}
		})
		t.Run("no more than three begin in an hour", func(t *testing.T) {
			_, err := w.Freeze(t.Context(), k.g, k.id)
			want(t, err, transfer.RateLimited)
			if e := err.(*transfer.Error); e.RetryAfter != began.Add(time.Hour).Sub(w.now) { //nolint:errorlint // want has looked
				t.Errorf("come back after %s", e.RetryAfter)
			}
			w.writes(t, "")
			w.now = began.Add(time.Hour)
			k.freeze(t, transfer.Frozen)
		})
		t.Run("when the person cancels", func(t *testing.T) {
			must(w.Withdraw(t.Context(), w.account.ID, k.id))(t)
			w.writes(t, "")
		})
	})
}

// TestFreezeWaits: a move that waits for its person does not keep them from
// writing while they think.
func TestFreezeWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		k.fail(transfer.Photos, transfer.Failed)
		k.freeze(t, transfer.Frozen)
		k.report(t)
		plan := must(k.complete(t))(t)
		if plan.State != transfer.Verified || plan.Leftover != 1 {
			t.Fatalf("the transfer is %s with %d left", plan.State, plan.Leftover)
		}
		w.writes(t, "")
		k.freeze(t, transfer.Verified)
		w.writes(t, "")
		_, err := w.Accept(t.Context(), w.account.ID, k.id)
		want(t, err, transfer.ChangedSince)
		k.freeze(t, transfer.Frozen)
		w.writes(t, transfer.AccountFrozen)
	})
}
