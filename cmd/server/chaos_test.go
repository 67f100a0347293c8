package main

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
)

// The long form of these tests, "make chaos", sets how many rounds there are and
// may set the seed of an earlier run.
const (
	chaosRounds = "PODMOVE_CHAOS_ROUNDS"
	chaosSeed   = "PODMOVE_CHAOS_SEED"
)

// fewRounds are enough for the short form, manyRounds share two pods.
const (
	fewRounds  = 3
	manyRounds = 20
)

// setting is a number in the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestChaos moves accounts, while their people write, while either pod is killed,
// while the network between them does what networks do, and while the databases
// are taken away. Each round ends in one of the ways that a move can, and then
// nothing is lost, doubled or given away.
func TestChaos(t *testing.T) {
	seed := setting(t, chaosSeed, rand.Uint64N(1_000_000))
	rounds := int(setting(t, chaosRounds, fewRounds))
	t.Logf("%s=%d repeats this", chaosSeed, seed)
	var accounts []*account
	for _, dialect := range storetest.Dialects() {
		accounts = append(accounts, newAccount(dialect))
	}
	t.Cleanup(func() { publish(t, accounts) })
	each(t, func(t *testing.T, dialect string) {
		a := accounts[slices.IndexFunc(accounts, func(a *account) bool { return a.dialect == dialect })]
		for first := 0; first < rounds; first += manyRounds {
			t.Run("from round "+strconv.Itoa(first), func(t *testing.T) {
				t.Parallel()
				a.rounds(t, seed, first, min(manyRounds, rounds-first))
			})
		}
	})
}

// rounds are some rounds in one arena, one after the other.
func (a *account) rounds(t *testing.T, seed uint64, first, some int) {
	t.Helper()
	var movers []string
	for i := range some {
		movers = append(movers, moverOf(i))
	}
	r := newArena(t, a.dialect, seed+uint64(first), a, movers)
	for i := range some {
		end := ends[(first+i)%len(ends)]
		began := time.Now()
		r.round(t, moverOf(i), end)
		t.Logf("round %d, %s: %s", first+i, end.name, time.Since(began).Round(time.Millisecond))
		if t.Failed() {
			return
		}
	}
}

// An end is how a round goes on once the person has agreed.
type end struct {
	name string
	tell func(t *testing.T, r round)
}

// The ends of moves.
var ends = []end{
	{"erased", func(t *testing.T, r round) {
		r.push(t, "done")
		r.until(t, r.old.press(t, "/erase"), "erased")
	}},
	{"undone at the new pod", func(t *testing.T, r round) {
		r.push(t, "done")
		r.until(t, r.now.press(t, "/undo"), "undone")
	}},
	{"undone at the old pod", func(t *testing.T, r round) {
		r.push(t, "done")
		r.until(t, r.old.press(t, "/undo"), "undone")
	}},
	{"undone, and moved again before all was taken back", func(t *testing.T, r round) {
		r.push(t, "done")
		r.until(t, r.old.press(t, "/undo"), "undone")
		r.calm()
		w := r.to.signIn(t, r.name)
		r.now.address = address(w.decide(t, w.consent(t, r.name+"@"+r.from.Host(), r.name), "allow"))
		r.rage(t, 1)
		r.push(t, "done")
	}},
	{"cancelled", func(t *testing.T, r round) {
		here, there := r.now.press(t, "/cancel"), r.old.press(t, "/cancel")
		r.until(t, func() {
			here()
			if strings.Contains(r.why(t), "cancel it there, too") {
				there()
			}
		}, "cancelled", "redirecting")
	}},
	{"done", func(t *testing.T, r round) { r.push(t, "done") }},
	// Exactly one of both happens (Protocol §7.1).
	{"undone at both ends while erasing starts", func(t *testing.T, r round) {
		r.push(t, "done")
		time.Sleep(time.Second) // the notice
		undo, erase := r.now.press(t, "/undo"), r.old.press(t, "/erase")
		r.until(t, func() { together(undo, erase, r.old.press(t, "/undo")) }, "undone", "erased")
	}},
}

// round moves one account in an arena.
func (r *arena) round(t *testing.T, name string, how end) {
	w := r.to.signUp(t, name)
	seen := watch(t, r.from, r.to, name)
	move := address(w.decide(t, w.consent(t, name+"@"+r.from.Host(), name), "allow"))
	this := round{arena: r, name: name, now: page{name, move, r.to}, old: page{name, "", r.from}}
	written := scribble(t, r.from, name, seen, uint64(r.roll(1<<30)))
	r.rage(t, 1+r.roll(3))
	r.harass(t)
	how.tell(t, this)
	texts := written()
	r.calm()
	this.settle(t)
	r.account.round(how.name, texts, seen.Check(t))
}
