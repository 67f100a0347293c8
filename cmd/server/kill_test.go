package main

import (
	"strings"
	"testing"
	"time"

	"podmove/transfer"
)

// TestKill ends either pod in the middle of the copy, as a power cut would,
// several times. The move goes on by itself and nothing is lost or doubled.
func TestKill(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		const posts = 1500
		from, to := newPod(t, dialect, "PODMOVE_PAGE_ITEMS=10"), newPod(t, dialect)
		from.fill(t, "ada", posts)
		start(t, from, to)
		w := to.signUp(t, "ada")
		seen := watch(t, from, to, "ada")
		page := w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow")
		move := address(page)
		for i, victim := range []*testPod{from, to, from, to} {
			w.waitFor(t, move, int64(i+1)*posts/6)
			kill(t, victim)
			start(t, victim)
		}
		kept(t, w.look(t, move))
		m := w.follow(t, move, "done", "needs-attention", "cancelled")
		if m.State != "done" {
			t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
		}
		if n := m.arrived("posts"); n != posts {
			t.Errorf("%d posts are counted, want %d", n, posts)
		}
		old, now := from.holding(t, "ada"), to.holding(t, "ada")
		if c := transfer.Posts; old.Items[c] != now.Items[c] || now.Items[c].Count != posts {
			t.Errorf("%s arrived, not\n%s", now, old)
		}
		seen.Check(t)
	})
}

// waitFor waits until so many posts have come, and no longer.
func (w person) waitFor(t *testing.T, move string, posts int64) {
	t.Helper()
	for end := time.Now().Add(2 * patience); ; {
		m := w.look(t, move)
		if m.arrived("posts") >= posts {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s and %d posts of %d the move is %s: %s", 2*patience, m.arrived("posts"), posts, m.State, m.Message)
		}
		if m.State == "done" || m.State == "needs-attention" {
			t.Fatalf("after %d posts the move is %s: %s", m.arrived("posts"), m.State, m.Message)
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// kept: these kills are in the middle of a copy, or they show nothing.
func kept(t *testing.T, m moveState) {
	t.Helper()
	if m.State == "done" {
		t.Error("the copy was over before the last kill: this test needs more posts")
	}
}

func kill(t *testing.T, p *testPod) {
	t.Helper()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
}

// TestStop: SIGTERM in the middle of a copy lets go within ten seconds, and
// what follows goes on.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newPod(t, dialect, "PODMOVE_PAGE_ITEMS=10"), newPod(t, dialect)
		from.fill(t, "ada", 500)
		start(t, from, to)
		w := to.signUp(t, "ada")
		seen := watch(t, from, to, "ada")
		move := address(w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		w.waitFor(t, move, 50)
		for _, p := range []*testPod{to, from} {
			began := time.Now()
			if err := p.Stop(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%s took %s to stop", p.URL, took)
			}
			if said := p.log.String(); !strings.Contains(said, "stopping") || strings.Contains(said, "cut off") {
				t.Errorf("it did not drain: %s", withoutDebug(said))
			}
		}
		start(t, from, to)
		if m := w.follow(t, move, "done", "needs-attention"); m.State != "done" || m.arrived("posts") != 500 {
			t.Errorf("the move is %s with %d posts: %s", m.State, m.arrived("posts"), m.Message)
		}
		seen.Check(t)
	})
}
