package modeltest

import (
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"

	"podmove/internal/invariants"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// fewLives are tried where -rapid.checks names no number, and always the same where
// -rapid.seed names none; manyLives share two pods.
const (
	fewLives  = "15"
	sameLives = "5"
	manyLives = 50
	idleFor   = 7 * 24 * time.Hour // Protocol §4.5
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": fewLives, "rapid.seed": sameLives, "rapid.steps": "50"} {
		if err := flag.Set(name, value); err != nil { // the command line wins
			panic(err)
		}
	}
	m.Run()
}

// TestLives lives through random lives of an account that moves.
func TestLives(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			var p *pods
			whole, ends := false, map[string]int{}
			rapid.Check(t, func(r *rapid.T) {
				if !whole || p.accounts >= manyLives { // one that failed leaves half a move
					p = p.after(t, dialect)
				}
				whole = false
				m := p.born(r)
				r.Repeat(m.actions())
				m.rest(r)
				m.seen.Check(r)
				whole = !r.Failed()
				m.count(ends)
			})
			t.Logf("so it ended: %v", ends)
		})
	}
}

// count adds how everything ended.
func (m *model) count(ends map[string]int) {
	ends["lives"]++
	for _, d := range m.transfers {
		ends["a transfer "+string(d.State)]++
		if d.Leftover > 0 && d.State.Away() {
			ends["a transfer that left something"]++
		}
	}
	for s := range m.met {
		ends["met "+s]++
	}
	for _, a := range m.moves {
		ends["a move "+string(a.State)]++
	}
}

func (p *pods) born(t *rapid.T) *model {
	l := &life{pods: p, grants: map[string]oauth.Grant{}, jobs: map[string]job{}}
	var err error
	if l.name, l.from, l.to, err = p.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.seen = invariants.Look(t, invariants.Scene{Old: p.old.place, New: p.new.place, Name: l.name, Notice: notice})
	l.damaged.Store(rapid.Bool().Draw(t, "damaged"))
	return &model{
		life: l, transfers: map[string]source.Transfer{}, moves: map[string]destination.Move{},
		changed: map[string]bool{}, hurried: map[string]bool{}, met: map[string]bool{},
	}
}
