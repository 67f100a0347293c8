package main

import (
	"net/http"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/invariants"
)

// TestTwoMoves: one move of an account goes on at a time. The other is told so in
// words, takes nothing, and may have its turn when the first is given up.
func TestTwoMoves(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect, "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s")
		to, elsewhere := newQuickPod(t, dialect), newQuickPod(t, dialect)
		for _, name := range []string{"ada", "eve", "ida"} {
			from.household(t, name, 6, 1)
		}
		onWire(t, from).fail(damagedPhotos)
		start(t, from, to, elsewhere)
		t.Run("to two accounts of one pod", func(t *testing.T) {
			rivals(t, from, to.signUp(t, "ada"), to.signUp(t, "another"), "ada")
		})
		t.Run("to two pods", func(t *testing.T) {
			rivals(t, from, to.signUp(t, "eve"), elsewhere.signUp(t, "eve"), "eve")
		})
		t.Run("agreed to at both at once", func(t *testing.T) {
			atOnce(t, from, to.signUp(t, "ida"), elsewhere.signUp(t, "ida"), "ida")
		})
	})
}

// damagedPhotos keeps moves from ending before their person accepts that.
func damagedPhotos(call string) fault {
	if call == "GET photos content" {
		return flipped
	}
	return fault{}
}

// rivals agrees to a second move while the first is under way: from a page that
// was opened before there was any, and from one that says so.
func rivals(t *testing.T, from *testPod, first, second person, name string) {
	t.Helper()
	id := name + "@" + from.Host()
	seen := watch(t, from, first.home, name)
	early := second.consent(t, id, name)
	move := address(first.decide(t, first.consent(t, id, name), "allow"))
	first.asksToAccept(t, move)
	late := address(second.decide(t, early, "allow"))
	if m := second.follow(t, late, "needs-attention", "done", "cancelled", "planned"); m.State != "needs-attention" || m.Reason != "transfer-active" {
		t.Fatalf("the second move is %s: %s %s", m.State, m.Reason, m.Message)
	}
	says(t, second.open(t, late), "already moving to")
	if n := second.home.holding(t, second.name).photos(); n != 0 {
		t.Errorf("the second move took %d photos", n)
	}
	second.fill(t, second.open(t, late), "/cancel")
	says(t, second.consent(t, id, name), "already moving to")
	old := from.signIn(t, name)
	old.fill(t, old.open(t, old.departure(t, from)), "/accept")
	first.fill(t, first.open(t, move), "/retry")
	first.follow(t, move, "done")
	seen.Check(t)
}

// atOnce allows both moves at the same moment. Whichever comes first goes on.
func atOnce(t *testing.T, from *testPod, one, other person, name string) {
	t.Helper()
	seen := []*invariants.Watch{watch(t, from, one.home, name), watch(t, from, other.home, name)}
	both, pages, moves := []person{one, other}, make([]*demo.Page, 2), make([]string, 2)
	for i, w := range both {
		pages[i] = w.consent(t, name+"@"+from.Host(), name)
	}
	together(
		func() { moves[0] = allow(t, pages[0]) },
		func() { moves[1] = allow(t, pages[1]) },
	)
	if t.Failed() {
		return
	}
	won := 0
	for i, w := range both {
		m := w.follow(t, moves[i], "waiting", "needs-attention", "done")
		if m.State == "waiting" {
			won++
			continue
		}
		if m.State != "needs-attention" || m.Reason != "transfer-active" {
			t.Errorf("the move to %s is %s: %s %s", w.home.URL, m.State, m.Reason, m.Message)
		}
		if n := w.home.holding(t, name).photos(); n != 0 {
			t.Errorf("it took %d photos", n)
		}
	}
	if won != 1 {
		t.Errorf("%d moves of one account went on", won)
	}
	seen[0].Check(t)
	seen[1].Check(t)
}

// allow decides on a consent page.
func allow(t *testing.T, page *demo.Page) string {
	shown, err := page.Fill(t.Context(), "/oauth/interactions/", map[string]string{"decision": "allow"})
	if err != nil || shown.Status != http.StatusOK {
		t.Errorf("%v", err)
		return ""
	}
	return address(shown)
}
