package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/invariants"
	"podmove/transfer"
)

// A remnant is a move that is done, but for some photos.
type remnant struct {
	t        *testing.T
	from, to *testPod
	w        person // at the new pod
	old      person // the same at the old one
	move     string // address of its page at the new pod
	seen     *invariants.Watch
	broken   *atomic.Value // the photos that are damaged on their way: a map[string]bool
}

// photo is the address of one of the account's photos.
func (r remnant) photo(i int) string {
	return "/uploads/images/" + r.file(i)
}

// file is its name.
func (r remnant) file(i int) string { return guid(r.w.name, "file", i)[:20] + ".png" }

// shows checks that the page of the move lists photos to be tried again.
func (r remnant) shows(photos ...int) {
	r.t.Helper()
	page := r.w.open(r.t, r.move)
	for _, i := range photos {
		if !strings.Contains(string(page.Body), r.file(i)) {
			r.t.Errorf("photo %d is not on %s", i, page.URL)
		}
	}
}

// breaks has photos be damaged on their way from now on, and no others.
func (r remnant) breaks(photos ...int) {
	list := map[string]bool{}
	for _, i := range photos {
		list["/photos/"+guid(r.w.name, "photo", i)+"/content"] = true
	}
	r.broken.Store(list)
}

// answers checks what a stranger gets for a photo at the old pod: 200 as before
// the move, a redirect once it has arrived.
func (r remnant) answers(status int, photos ...int) {
	r.t.Helper()
	for _, i := range photos {
		if page := peek(r.t, r.from.URL+r.photo(i)); page.Status != status {
			r.t.Errorf("photo %d answers %d, want %d", i, page.Status, status)
		}
	}
}

// again tries a photo again from the page of a move that is done, through a new
// consent, and answers the page of the move that does so.
func (r remnant) again(photo string) string {
	r.t.Helper()
	page := r.w.open(r.t, r.move)
	says(r.t, page, "did not arrive")
	set := []string{}
	if photo != "" {
		set = append(set, "item", "photos "+photo)
	}
	page = r.w.fill(r.t, r.w.fill(r.t, page, "/retry", set...), "/agree")
	page = r.w.fill(r.t, page, "/sign-in", "username", r.w.name, "password", demo.Password)
	says(r.t, page, "Try again what did not arrive?")
	return address(r.w.decide(r.t, page, "allow"))
}

// transfers are those of the account at the old pod, newest first.
func (r remnant) transfers() (ids []string) {
	r.t.Helper()
	s, a := r.from.owner(r.t, r.w.name)
	defer s.Close()
	list, err := s.TransfersOf(r.t.Context(), a.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, one := range list {
		ids = append(ids, one.ID)
	}
	return ids
}

// erase has the old copies of a transfer be erased.
func (r remnant) erase(id string) {
	r.t.Helper()
	s := r.from.open(r.t)
	defer s.Close()
	r.from.eraseOf(r.t, s, id)
	http.DefaultClient.CloseIdleConnections()
}

// remains is the scene of a move on whose way photos 0 and 2 are damaged.
func remains(t *testing.T, from, to *testPod, name string) remnant {
	t.Helper()
	r := remnant{t: t, from: from, to: to, broken: &atomic.Value{}, seen: watch(t, from, to, name)}
	r.w, r.old = to.signUp(t, name), from.signIn(t, name)
	r.breaks(0, 2)
	return r
}

// TestRetriedLater tries again what did not arrive: while the move waits, one of
// two things; and days later, when the old copies of the rest are erased.
func TestRetriedLater(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s"), newQuickPod(t, dialect)
		from.household(t, "ada", 8, 4)
		from.household(t, "bystander", 4, 2)
		proxy := behind(t, from)
		start(t, from, to)
		r := remains(t, from, to, "ada")
		defer func() { r.seen.Check(t) }()
		asked := countContents(proxy, r.broken)
		r.move = address(r.w.decide(t, r.w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		r.w.asksToAccept(t, r.move)

		// While it waits: only what is chosen is read again.
		r.breaks(0)
		before := asked.Load()
		r.w.fill(t, r.w.open(t, r.move), "/retry", "item", "photos "+guid("ada", "photo", 0))
		r.w.asksToAccept(t, r.move)
		if n := asked.Load() - before; n != 1 {
			t.Errorf("%d photos were fetched again, want the one that was chosen", n)
		}
		r.shows(0, 2)
		r.w.fill(t, r.w.open(t, r.w.departure(t, from)), "/accept")
		r.w.fill(t, r.w.open(t, r.move), "/retry") // it would look again by itself after a while
		r.w.follow(t, r.move, "done")
		says(t, r.w.open(t, r.move), "2 things did not arrive")
		r.answers(200, 0, 2)
		r.answers(302, 3)
		r.seen.Check(t)

		// Days later: what stayed is as it was, although all else is erased.
		whole := r.transfers()[0]
		r.erase(whole)
		r.answers(200, 0, 2)
		r.answers(410, 3)
		r.seen.Check(t)
		r.breaks()
		before = asked.Load()
		first := r.again(guid("ada", "photo", 0))
		r.w.follow(t, first, "done")
		if n := asked.Load() - before; n != 1 {
			t.Errorf("%d photos were fetched later, want the one that was chosen", n)
		}
		r.answers(302, 0)
		r.answers(200, 2)
		says(t, r.w.open(t, r.move), "1 thing did not arrive")
		r.seen.Check(t)

		// And the rest of it, which is damaged once more: it is shown again, and
		// nothing more happens before its person says so.
		r.breaks(2)
		second := r.again("")
		r.w.asksToAccept(t, second)
		r.answers(200, 2)
		r.breaks()
		r.w.fill(t, r.w.open(t, second), "/retry")
		r.w.follow(t, second, "done")
		r.answers(302, 2)
		says(t, r.w.open(t, r.move), "Everything arrived.")
		r.seen.Check(t)

		// With the last of it the rest goes that had stayed for it.
		for _, id := range r.transfers()[:2] {
			r.erase(id)
		}
		r.answers(410, 0, 2, 3)
		if h := from.holding(t, "ada"); h.photos()+h.Items[transfer.Posts].Count+h.Items[transfer.Contacts].Count > 0 {
			t.Errorf("there is still %s", h)
		}
		r.seen.Check(t)
	})
}

// TestRetryUndone takes back what was tried again later: by itself, and with the
// move that it completed.
func TestRetryUndone(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_GRACE=1h"), newQuickPod(t, dialect)
		from.household(t, "ada", 8, 4)
		proxy := behind(t, from)
		start(t, from, to)
		r := remains(t, from, to, "ada")
		defer func() { r.seen.Check(t) }()
		before := from.holding(t, "ada")
		countContents(proxy, r.broken)
		r.move = address(r.w.decide(t, r.w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		r.w.asksToAccept(t, r.move)
		r.w.fill(t, r.w.open(t, r.w.departure(t, from)), "/accept")
		r.w.fill(t, r.w.open(t, r.move), "/retry")
		r.w.follow(t, r.move, "done")
		r.breaks(2)
		later := r.again(guid("ada", "photo", 0))
		r.w.follow(t, later, "done")
		r.answers(302, 0)

		r.w.fill(t, r.w.open(t, later), "/undo")
		r.w.follow(t, later, "undone")
		takenBack(t, from, to)
		r.answers(200, 0)
		r.answers(302, 3)
		r.seen.Check(t)

		page := r.w.fill(t, r.w.open(t, later), "/retry") // once more, through another consent
		next := address(page)
		page = r.w.fill(t, page, "/agree")
		page = r.w.fill(t, page, "/sign-in", "username", "ada", "password", demo.Password)
		r.w.decide(t, page, "allow")
		r.w.follow(t, next, "done")
		r.answers(302, 0)
		r.w.fill(t, r.w.open(t, r.move), "/undo")
		r.w.follow(t, r.move, "undone")
		r.w.follow(t, next, "undone")
		takenBack(t, from, to)
		r.answers(200, 0, 3)
		if after := from.holding(t, "ada"); !after.equal(before) {
			t.Errorf("the account is\n%s\nand was\n%s", after, before)
		}
	})
}

// countContents counts the photos that are fetched, and damages those that are to
// be.
func countContents(p *proxy, broken *atomic.Value) *atomic.Int64 {
	n := &atomic.Int64{}
	p.lie(func(q *http.Request, answer []byte) []byte {
		if !strings.HasSuffix(q.URL.Path, "/content") {
			return answer
		}
		n.Add(1)
		for path := range broken.Load().(map[string]bool) {
			answer = damaged(strings.Split(path, "/")[2])(q, answer)
		}
		return answer
	})
	return n
}
