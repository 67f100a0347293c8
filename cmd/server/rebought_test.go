package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/keys"
	"podmove/internal/store"
	"podmove/oauth/provider"
	"podmove/transfer"
)

// withKeys runs fn on a pod's keys, beside the pod.
func (p *testPod) withKeys(t *testing.T, fn func(s *store.Store, r rings)) {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	master, err := keys.LoadOrCreateMaster(filepath.Join(p.dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRings(t.Context(), vault{s, master.Box(), time.Now}, master)
	if err != nil {
		t.Fatal(err)
	}
	fn(s, r)
}

// rotate makes new keys of all purposes, as though the old ones had been
// replaced a while ago.
func (p *testPod) rotate(t *testing.T) {
	t.Helper()
	p.withKeys(t, func(_ *store.Store, r rings) {
		for _, one := range r.everyRing() {
			if won, err := one.rotate(t.Context(), 0); err != nil || !won {
				t.Fatal(won, err)
			}
		}
	})
}

// rebuy leaves none of the pod's keys of one purpose: what stands at its address
// afterwards looks like somebody else's pod.
func (p *testPod) rebuy(t *testing.T, which func(rings) *ring) {
	t.Helper()
	kill(t, p)
	p.withKeys(t, func(s *store.Store, r rings) {
		one := which(r)
		old := *one.held.Load()
		if _, err := one.rotate(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		for _, k := range old {
			if err := s.DropKey(t.Context(), k.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
	start(t, p)
	http.DefaultClient.CloseIdleConnections() // those to the pod that was killed
}

func asClient(r rings) *ring { return r.client }
func asIssuer(r rings) *ring { return r.signing }

// tire has the access tokens to an account run out, so that they are refreshed.
func (p *testPod) tire(t *testing.T, name string) {
	t.Helper()
	s, a := p.owner(t, name)
	defer s.Close()
	list, err := s.TransfersOf(t.Context(), a.ID)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d transfers, %v", len(list), err)
	}
	if err := s.DeactivateOAuthRows(t.Context(), provider.KindAccess, list[0].Grant); err != nil {
		t.Fatal(err)
	}
}

// departure is the page of the newest move away.
func (w person) departure(t *testing.T, from *testPod) string {
	t.Helper()
	s := from.open(t)
	defer s.Close()
	a, err := s.AccountNamed(t.Context(), w.name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.TransfersOf(t.Context(), a.ID)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d transfers, %v", len(list), err)
	}
	return from.URL + "/departures/" + list[0].ID
}

// under begins a move of an account with some posts that stops at the second
// page; let it go on with the function.
func under(t *testing.T, from, to *testPod, v *proxy, name string) (w person, move string, goOn func()) {
	t.Helper()
	w = to.signUp(t, name)
	goOn = v.halt(t)
	move = address(w.decide(t, w.consent(t, name+"@"+from.Host(), name), "allow"))
	w.waitFor(t, move, 5)
	return w, move, goOn
}

// TestRotationLosesNoMove: both pods rotate all their keys in the middle of a
// copy, and the tokens have to be refreshed (Protocol §1.5).
func TestRotationLosesNoMove(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		v := behind(t, from)
		from.fill(t, "ada", 20)
		start(t, from, to)
		w, move, goOn := under(t, from, to, v, "ada")
		seen := watch(t, from, to, "ada")
		before := from.holding(t, "ada")
		for _, p := range []*testPod{from, to} {
			kill(t, p)
			p.rotate(t)
		}
		goOn()
		from.tire(t, "ada")
		start(t, to, from) // the old pod looks up the new one's keys when it starts
		if m := w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "done" {
			t.Fatalf("the move is %s: %s", m.State, m.Message)
		}
		sameItems(t, before, to.holding(t, "ada"))
		seen.Check(t)
	})
}

// TestReboughtNewPod: what answers at the new pod's address with other keys, in
// the middle of a copy, gets no token (Protocol §1.5).
func TestReboughtNewPod(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		v := behind(t, from)
		from.fill(t, "ada", 20)
		start(t, from, to)
		w, move, goOn := under(t, from, to, v, "ada")
		seen := watch(t, from, to, "ada")
		to.rebuy(t, asClient)
		from.tire(t, "ada")
		goOn()
		if m := w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "needs-attention" {
			t.Fatalf("the move is %s", m.State)
		}
		seen.Check(t)
		page := w.departure(t, from)
		w.until(t, page, "Is this still the same pod?")
		w.fill(t, w.open(t, page), "/keys")
		if w.reads(t, page, "Is this still the same pod?") {
			t.Error("after confirming, the page still asks")
		}
		w.agree(t, move)
		seen.Check(t)
	})
}

// TestReboughtOldPod: what answers at the old pod's address with other keys is
// not believed; the person has to agree there once more (Protocol §1.5).
func TestReboughtOldPod(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		v := behind(t, from)
		from.household(t, "ada", 20, 2)
		start(t, from, to)
		w, move, goOn := under(t, from, to, v, "ada")
		seen := watch(t, from, to, "ada")
		from.rebuy(t, asIssuer)
		goOn()
		m := w.follow(t, move, "done", "needs-attention", "cancelled")
		if m.State != "needs-attention" || m.Reason != string(transfer.KeysDiffer) {
			t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
		}
		page := w.open(t, move)
		says(t, page, "answers with other keys than when you agreed", "What came is kept")
		if _, err := page.Form("/retry"); err == nil {
			t.Error("it can be tried again as though nothing had happened")
		}
		seen.Check(t)
		w.agree(t, move)
		seen.Check(t)
	})
}

// agree agrees once more at the old pod, and waits until the move is done.
func (w person) agree(t *testing.T, move string) {
	t.Helper()
	page := w.fill(t, w.open(t, move), "/agree")
	w.decide(t, w.fill(t, page, "/sign-in", "username", w.name, "password", demo.Password), "allow")
	if m := w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "done" {
		t.Errorf("afterwards the move is %s: %s", m.State, m.Message)
	}
}

// TestReboughtAfterwards: the new pod, after the move, is neither believed nor
// obeyed until the person confirms (Protocol §1.5).
func TestReboughtAfterwards(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_NOTICE=1s", "PODMOVE_GRACE=1h"), newQuickPod(t, dialect)
		from.fill(t, "after", 20)
		start(t, from, to)
		afterwards(t, from, to)
	})
}

// until waits until a page says something, half a minute at most.
func (w person) until(t *testing.T, page, says string) {
	t.Helper()
	for range 300 {
		if w.reads(t, page, says) {
			return
		}
		pause(t)
	}
	t.Fatalf("it does not say %q: %s", says, w.open(t, page).Text())
}

// reads reports whether a page says something, be it ever so far down.
func (w person) reads(t *testing.T, page, says string) bool {
	t.Helper()
	return strings.Contains(string(w.open(t, page).Body), says)
}

func afterwards(t *testing.T, from, to *testPod) {
	w := to.signUp(t, "after")
	seen := watch(t, from, to, "after")
	move := address(w.decide(t, w.consent(t, "after@"+from.Host(), "after"), "allow"))
	if m := w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "done" {
		t.Fatalf("the move is %s: %s", m.State, m.Message)
	}
	before := from.holding(t, "after")
	to.rebuy(t, asClient)
	page := w.departure(t, from)
	time.Sleep(time.Second) // the notice
	w.fill(t, w.open(t, page), "/erase")
	w.until(t, page, "Is this still the same pod?")
	t.Run("what it says it holds is not believed", func(t *testing.T) {
		if after := from.holding(t, "after"); !after.equal(before) {
			t.Errorf("the old account is\n%s\nand was\n%s", after, before)
		}
		w.until(t, page, "Nothing is erased before you confirm")
	})
	t.Run("what it asks to undo is not undone", func(t *testing.T) {
		w.fill(t, w.open(t, move), "/undo")
		if after := from.holding(t, "after"); !after.equal(before) {
			t.Errorf("the old account is\n%s\nand was\n%s", after, before)
		}
		if m := w.look(t, move); m.State != "done" {
			t.Errorf("at the new pod the move is %s", m.State)
		}
		seen.Check(t)
	})
	t.Run("and then it goes on", func(t *testing.T) {
		w.fill(t, w.open(t, page), "/keys")
		w.until(t, page, "the old copies are erased")
		if after := from.holding(t, "after"); after.Items[transfer.Posts].Count != 0 {
			t.Errorf("still there: %s", after)
		}
		seen.Check(t)
	})
}
