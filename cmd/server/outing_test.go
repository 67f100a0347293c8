package main

import (
	"math/rand/v2"
	"testing"

	"podmove/internal/invariants"
)

// An outing is a move whose person writes meanwhile at the old pod, between two
// pods to whose ground something is done.
type outing struct {
	round
	who     person
	seen    *invariants.Watch
	written func() int // ends the writing
}

// begun is an outing from its beginning. Other accounts may be on theirs.
func begun(t *testing.T, from, to *testPod, name string, others ...string) outing {
	t.Helper()
	w := to.signUp(t, name)
	seen := watch(t, from, to, name, others...)
	move := address(w.decide(t, w.consent(t, name+"@"+from.Host(), name), "allow"))
	r := &arena{from: from, to: to, rand: rand.New(rand.NewPCG(1, 1))}
	return outing{
		round:   round{arena: r, name: name, now: page{name, move, to}, old: page{name, "", from}},
		who:     w,
		seen:    seen,
		written: scribble(t, from, name, seen, 1),
	}
}

// comes waits until so many posts have come, and no longer.
func (o outing) comes(t *testing.T, posts int64) {
	t.Helper()
	o.who.waitFor(t, o.now.address, posts)
}

// endNamed finds one of the ends.
func endNamed(t *testing.T, name string) end {
	t.Helper()
	for _, e := range ends {
		if e.name == name {
			return e
		}
	}
	t.Fatalf("no move ends %q", name)
	return end{}
}
