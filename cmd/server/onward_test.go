package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// carry moves an account from one pod to another, through forms, and answers
// the person who is signed in there and the page of the move.
func (w person) carry(t *testing.T, from *testPod, choices ...string) (move string) {
	t.Helper()
	page := w.consent(t, w.name+"@"+from.Host(), w.name)
	page = w.fill(t, page, "/oauth/interactions/", append([]string{"decision", "allow"}, choices...)...)
	move = address(page)
	if m := w.follow(t, move, "done", "needs-attention", "waiting"); m.State != "done" {
		t.Fatalf("the move is %s: %s", m.State, m.Message)
	}
	return move
}

// publicPosts are addresses of some of an account's public posts, by guid and
// by number.
func publicPosts(t *testing.T, p *testPod, name string) (list []string) {
	t.Helper()
	s, a := p.owner(t, name)
	defer s.Close()
	var guids []string
	if err := s.Digests(t.Context(), source.Scope{Account: a.ID, Collections: transfer.Collections()}, transfer.Posts, func(guid string, _ transfer.Digest) { guids = append(guids, guid) }); err != nil {
		t.Fatal(err)
	}
	for _, guid := range guids {
		page := peek(t, p.URL+"/posts/"+guid+".json")
		var post struct{ ID json.Number }
		if page.Status != 200 || json.Unmarshal(page.Body, &post) != nil {
			continue
		}
		if list = append(list, "/posts/"+guid, "/p/"+post.ID.String()); len(list) >= 8 {
			return list
		}
	}
	t.Fatalf("there are only %d public posts", len(list)/2)
	return nil
}

// lead checks that addresses at a pod answer with a status and, if it is one,
// lead to the same post at another.
func lead(t *testing.T, at *testPod, paths []string, status int, to *testPod) {
	t.Helper()
	for i, path := range paths {
		page := peek(t, at.URL+path)
		want := ""
		if to != nil {
			want = to.URL + paths[i-i%2] // by its guid, in either case
		}
		if got := page.Header.Get("Location"); page.Status != status || got != want {
			t.Errorf("%s answers %d and leads to %q, want %d and %q", page.URL, page.Status, got, status, want)
		}
	}
}

// TestMovingBack leaves a pod and comes home to it: while the old copies are
// there, and once they are erased.
func TestMovingBack(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		a, b := newQuickPod(t, dialect, "PODMOVE_GRACE=1h"), newQuickPod(t, dialect, "PODMOVE_GRACE=1h")
		const name = "ada"
		a.fill(t, name, 30)
		start(t, a, b)
		before, paths := a.holding(t, name), publicPosts(t, a, name)
		profile := "/u/" + name

		away := b.signUp(t, name)
		seen := watch(t, a, b, name)
		away.carry(t, a)
		seen.Check(t)
		lead(t, a, paths, 302, b)
		home := a.signIn(t, name)
		seen = watch(t, b, a, name)
		home.carry(t, b)
		seen.Check(t)
		lead(t, a, paths, 200, nil)
		lead(t, b, paths[:1], 302, a)
		if page := peek(t, a.URL+profile); page.Status != 200 {
			t.Errorf("%s answers %d", page.URL, page.Status)
		}
		if after := a.holding(t, name); !after.equal(before) {
			t.Errorf("the account is\n%s\nand was\n%s", after, before)
		}

		// And once more, the old copies being erased in between.
		seen = watch(t, a, b, name)
		away.carry(t, a)
		a.erase(t, name)
		seen.Check(t)
		for _, path := range paths {
			if page := peek(t, a.URL+path); page.Status != 410 {
				t.Errorf("%s answers %d", page.URL, page.Status)
			}
		}
		if n := a.holding(t, name).Items[transfer.Posts].Count; n > 0 {
			t.Fatalf("%d posts are still there", n)
		}
		seen = watch(t, b, a, name)
		home.carry(t, b)
		seen.Check(t)
		lead(t, a, paths, 200, nil)
		sameItems(t, before, a.holding(t, name))
		if page := peek(t, a.URL+profile); page.Status != 200 {
			t.Errorf("%s answers %d", page.URL, page.Status)
		}
	})
}

// erase has an account's grace period be over, and waits until the old copies
// are erased.
func (p *testPod) erase(t *testing.T, name string) {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	p.eraseOf(t, s, newest(t, s, name))
}

// eraseOf is erase of one transfer.
func (p *testPod) eraseOf(t *testing.T, s *store.Store, id string) {
	t.Helper()
	p.due(t, s, id)
	var d redirects.Departure
	for range 300 {
		var err error
		if d, err = s.Departure(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if d.State == transfer.Erased {
			return
		}
		pause(t)
	}
	t.Fatalf("the old copies are not erased: %s %s", d.State, d.Reason)
}

// due has the grace period of a transfer be over.
func (p *testPod) due(t *testing.T, s *store.Store, id string) {
	t.Helper()
	d, err := s.Departure(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	kill(t, p)
	d.EraseNow = time.Now().Add(-time.Second)
	if err := s.SaveDeparture(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	start(t, p)
}

// newest is the last transfer of an account.
func newest(t *testing.T, s *store.Store, name string) string {
	t.Helper()
	a, err := s.AccountNamed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.TransfersOf(t.Context(), a.ID)
	if err != nil || len(list) == 0 {
		t.Fatalf("%s has moved nowhere: %v", name, err)
	}
	return list[0].ID
}

// TestMovingOn goes from a pod to a second and on to a third: old links at the
// first lead to the third in one step, if the person agreed.
func TestMovingOn(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		a, b, c := newQuickPod(t, dialect), newQuickPod(t, dialect), newQuickPod(t, dialect)
		a.fill(t, "ada", 10)
		a.fill(t, "eve", 10)
		start(t, a, b, c)
		for _, name := range []string{"ada", "eve"} {
			var choices []string
			if name == "ada" {
				choices = []string{"links_may_go", "yes"}
			}
			paths := publicPosts(t, a, name)
			first := b.signUp(t, name)
			seen := watch(t, a, b, name)
			first.carry(t, a, choices...)
			lead(t, a, paths, 302, b)
			last := c.signUp(t, name)
			further := watch(t, b, c, name)
			last.carry(t, b)
			seen.Check(t)
			further.Check(t)
			person := peek(t, c.URL+"/u/"+name+".json")
			says(t, person, `"also_known_as":["`+name+"@"+b.Host()+`","`+name+"@"+a.Host()+`"]`)
			home := a.signIn(t, name)
			page := home.open(t, home.departure(t, a)) // Protocol §6.5: either agreed to at consent, or here
			for range 300 {
				if page = home.open(t, address(page)); strings.Contains(page.Text(), "You moved on") {
					break
				}
				pause(t)
			}
			if name == "eve" {
				lead(t, a, paths, 302, b)
				says(t, home.fill(t, page, "/onward"), "as you agreed")
			}
			lead(t, a, paths, 302, c)
			if got := peek(t, a.URL+"/u/"+name).Header.Get("Location"); !strings.HasPrefix(got, c.URL+"/people/") {
				t.Errorf("the profile leads to %q", got)
			}
			if name == "ada" { // back at the second, all leads there again
				mid := b.signIn(t, name)
				mid.fill(t, mid.open(t, mid.departure(t, b)), "/undo")
				waitFor(t, a.URL+paths[0], b.URL+paths[0])
				lead(t, a, paths, 302, b)
			}
		}
	})
}

// waitFor waits until an address leads to another.
func waitFor(t *testing.T, address, target string) {
	t.Helper()
	for range 300 {
		if peek(t, address).Header.Get("Location") == target {
			return
		}
		pause(t)
	}
	t.Fatalf("%s does not lead to %s", address, target)
}
