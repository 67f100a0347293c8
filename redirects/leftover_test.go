package redirects_test

import (
	"context"
	"strings"
	"testing"

	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
)

// leave has a public post and a contact fail at the new pod, and waits until the
// rest is erased.
func (w *world) leave() (post string) {
	w.Helper()
	post = w.publicPost()
	check(w.T, w.old.store.SaveReceipts(w.Context(), w.id, []transfer.Outcome{
		{Collection: transfer.Posts, GUID: post, Result: transfer.Failed, Reason: transfer.TooLarge},
		{Collection: transfer.Contacts, GUID: w.fixture.Entries[transfer.Contacts][0].GUID, Result: transfer.Failed, Reason: transfer.TooLarge},
	}))
	w.runFor(grace + 2*notice)
	w.wantState(transfer.Erased, "")
	return post
}

// people counts who an account knows.
func (w *world) people() (n int) {
	for _, c := range []transfer.Collection{transfer.Contacts, transfer.Aspects, transfer.Blocks} {
		n += len(w.old.items(w.T, c))
	}
	return n
}

// TestPeopleGoWithTheLastPost: contacts, aspects, blocks and the profile of an
// account that moved stay as long as a post or photo does (Protocol §5.3).
func TestPeopleGoWithTheLastPost(t *testing.T) {
	each(t, func(w *world) {
		before := w.people()
		post := w.leave()
		w.part("they stay beside a post that did not arrive, and the person reads so", func() {
			if n := w.people(); n != before {
				w.Errorf("%d are left of %d", n, before)
			}
			last := must(w.old.store.EventsOf(w.Context(), w.old.account.ID, w.id, 1))(w.T)
			if len(last) != 1 || !strings.Contains(last[0].Text, "stay here as long as the posts and photos that are left") {
				w.Errorf("%+v", last)
			}
		})
		w.part("they go when that is deleted, but for what did not arrive", func() {
			check(w.T, w.old.store.DeletePost(w.Context(), w.old.account.ID, post))
			if n := w.people(); n != 1 {
				w.Errorf("%d are left", n)
			}
			if p := must(w.old.store.Profile(w.Context(), w.old.account.ID))(w.T); p.FirstName != "" || p.Bio != "" {
				w.Errorf("the profile is %+v", p)
			}
		})
	})
	once(t, func(w *world) {
		before, post := w.people(), w.leave()
		w.home()
		w.part("those of an account that is in use again stay", func() {
			w.wantAccount(pod.Active, "")
			check(w.T, w.old.store.DeletePost(w.Context(), w.old.account.ID, post))
			if n := w.people(); n != before {
				w.Errorf("%d are left of %d", n, before)
			}
		})
	})
}

// A slowBook lets something happen before the end of an erasing.
type slowBook struct {
	redirects.Book
	meanwhile func()
}

func (b slowBook) Owing(ctx context.Context, d redirects.Departure, bound redirects.Bound) (redirects.Owing, error) {
	sum, err := b.Book.Owing(ctx, d, bound)
	b.meanwhile()
	return sum, err
}

func TestPeopleGoWhenTheLastPostIsDeletedJustThen(t *testing.T) {
	once(t, func(w *world) {
		w.redirects.Book = slowBook{w.redirects.Book, func() {
			if left := w.old.items(w.T, transfer.Posts); len(left) == 1 {
				for guid := range left {
					check(w.T, w.old.store.DeletePost(w.Context(), w.old.account.ID, guid))
				}
			}
		}}
		w.leave()
		if n := w.people(); n != 1 {
			w.Errorf("%d are left", n)
		}
	})
}
