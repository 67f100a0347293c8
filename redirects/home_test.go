package redirects_test

import (
	"context"
	"maps"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// bringBack brings collections from the new pod to the account at the old one,
// as a move back would.
func (w *world) bringBack(list ...transfer.Collection) {
	w.Helper()
	into := w.old.store.Writer(store.Run{
		ID: "back", Account: w.old.account.ID, Issuer: newPod, SourceAccount: w.new.account.GUID,
		URLs: store.URLs{Post: oldPod + "/posts/", Photo: oldPod + "/uploads/images/"},
	}, w.old.blobs)
	for _, c := range list {
		for _, o := range w.write(into, transfer.Page{Collection: c, Next: "1", Through: 1, CaughtUp: true, Entries: w.fixture.Entries[c]}) {
			if !o.Result.Arrived() || o.URL != "" {
				w.Errorf("came home as %+v", o)
			}
		}
	}
}

func (w *world) inTx(fn func(ctx context.Context) error) {
	w.Helper()
	check(w.T, w.old.store.InTx(w.Context(), fn))
}

func (w *world) home() {
	w.Helper()
	w.inTx(func(ctx context.Context) error {
		return w.redirects.Home(ctx, w.old.account.ID, "newcomer@new.example")
	})
}

func (w *world) wantAccount(state pod.State, to string) {
	w.Helper()
	if a := must(w.old.store.Account(w.Context(), w.old.account.ID))(w.T); a.State != state || a.MovedTo != to {
		w.Errorf("the account is %s to %q, want %s to %q", a.State, a.MovedTo, state, to)
	}
}

func (w *world) leads(a redirects.Address) bool {
	w.Helper()
	_, found, err := w.redirects.Resolve(w.Context(), a)
	check(w.T, err)
	return found
}

func TestHome(t *testing.T) {
	post := func(w *world) redirects.Address { return redirects.Address{Kind: redirects.Post, Key: w.publicPost()} }
	each(t, func(w *world) {
		before := w.old.items(w.T, transfer.Posts)
		w.bringBack(transfer.Collections()...)
		w.home()
		w.part("ends a departure of which everything came back", func() {
			w.wantState(transfer.Undone, "")
			w.wantAccount(pod.Active, "")
			if w.leads(post(w)) || w.leads(redirects.Address{Kind: redirects.Named, Key: "aurora"}) {
				w.Error("old links still lead away")
			}
		})
		w.part("and nothing is erased any more", func() {
			w.runFor(grace + 2*notice)
			if after := w.old.items(w.T, transfer.Posts); !maps.Equal(before, after) {
				w.Errorf("there are %d posts, and were %d", len(after), len(before))
			}
		})
	})
	each(t, func(w *world) {
		photos := len(w.old.items(w.T, transfer.Photos))
		w.bringBack(transfer.Posts)
		w.home()
		w.part("leaves what did not come back where it went", func() {
			w.wantState(transfer.Redirecting, "")
			w.wantAccount(pod.Active, "")
			posts := len(w.old.items(w.T, transfer.Posts))
			w.runFor(grace + 2*notice)
			w.wantState(transfer.Erased, "")
			if left := len(w.old.items(w.T, transfer.Posts)); left != posts {
				w.Errorf("%d posts are left of %d that came home", left, posts)
			}
			if left := len(w.old.items(w.T, transfer.Photos)); left >= photos {
				w.Errorf("%d photos are left of %d", left, photos)
			}
		})
	})
}

// TestAway takes a move back home back: what was brought goes, and old links
// lead away again.
func TestAway(t *testing.T) {
	each(t, func(w *world) {
		w.runFor(grace + 2*notice)
		w.wantState(transfer.Erased, "")
		address := redirects.Address{Kind: redirects.Post, Key: w.publicPost()}
		w.bringBack(transfer.Posts)
		w.home()
		if w.leads(address) {
			w.Fatal("a post that came home leads away")
		}
		w.inTx(func(ctx context.Context) error {
			return w.redirects.Away(ctx, w.old.account.ID, "somebody@third.example")
		})
		w.wantAccount(pod.Active, "")
		w.inTx(func(ctx context.Context) error {
			return w.redirects.Away(ctx, w.old.account.ID, "newcomer@new.example")
		})
		w.wantAccount(pod.Moved, "newcomer@new.example")
		w.takeHomeBack()
		if n := len(w.old.items(w.T, transfer.Posts)); n != 0 {
			w.Errorf("%d posts are left", n)
		}
		if !w.leads(address) {
			w.Error("its old address leads nowhere")
		}
	})
	each(t, func(w *world) {
		address := redirects.Address{Kind: redirects.Post, Key: w.publicPost()}
		w.bringBack(transfer.Posts)
		w.inTx(func(ctx context.Context) error {
			return w.redirects.Away(ctx, w.old.account.ID, "newcomer@new.example")
		})
		w.takeHomeBack()
		w.wantPlace(address, newPod+"/posts/"+address.Key) // it had been here all the while
		w.runFor(grace + 2*notice)
		w.wantState(transfer.Erased, "")
		if n := len(w.old.items(w.T, transfer.Posts)); n != 0 {
			w.Errorf("%d posts are left", n)
		}
	})
}

// takeHomeBack removes what the move back brought, as its undo does.
func (w *world) takeHomeBack() {
	w.Helper()
	m := destination.Move{ID: "back", Account: w.old.account.ID, Issuer: newPod, Subject: w.new.account.GUID}
	for _, c := range []transfer.Collection{transfer.Posts, transfer.Photos} {
		var guids []string
		for _, item := range must(w.old.store.Brought(w.Context(), m, c, "", 1000))(w.T) {
			guids = append(guids, item.GUID)
		}
		check(w.T, drop(w.old.store.TakeBack(w.Context(), m, c, guids)))
	}
}
