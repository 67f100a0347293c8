package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"podmove/internal/store/storetest"
)

// An arena is two pods with a network before each, in which something goes
// wrong all the time.
type arena struct {
	from, to *testPod
	old, new *wire // before them
	rand     *rand.Rand
	account  *account // of what was done
	beneath  *server  // of a PostgreSQL that may be started anew; nil in the short form

	mutex    sync.Mutex     // of rand, and of what follows
	kills    int            // that the round has left
	falling  map[string]int // pods that are down just now, by URL
	risings  sync.WaitGroup
	harassed sync.WaitGroup
}

// newArena makes two pods, the accounts that will move, and one at each that
// has nothing to do with it.
func newArena(t *testing.T, dialect string, seed uint64, a *account, movers []string) *arena {
	t.Helper()
	settings := []string{"PODMOVE_PAGE_ITEMS=4", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s"}
	r := &arena{account: a, rand: rand.New(rand.NewPCG(seed, 0)), falling: map[string]int{}}
	if dialect == storetest.Postgres && long() {
		s := newServer(t)
		r.beneath = &s
	}
	r.from, r.to = r.pod(t, dialect, "old", settings...), r.pod(t, dialect, "new", settings...)
	for _, p := range []*testPod{r.from, r.to} {
		p.household(t, "bystander", 6, 3)
	}
	for _, name := range movers {
		r.from.household(t, name, 12, 3)
	}
	r.old, r.new = onWire(t, r.from), onWire(t, r.to)
	start(t, r.from, r.to)
	return r
}

// long: this is "make chaos".
func long() bool { return os.Getenv(chaosRounds) != "" }

// pod prepares a pod. In the long form its clock is behind, by less than pods
// must bear of each other, and its PostgreSQL is the arena's own.
func (r *arena) pod(t *testing.T, dialect, name string, settings ...string) *testPod {
	t.Helper()
	if !long() {
		return newQuickPod(t, dialect, settings...)
	}
	r.account.fault("clock behind", 1)
	off := (-time.Duration(r.roll(299)) * time.Second).String()
	if r.beneath != nil {
		return r.beneath.pod(t, name, append(settings, testClock+"="+off)...)
	}
	return newPodBy(t, dialect, off, settings...)
}

// chance reports true in one of n cases.
func (r *arena) chance(n int) bool { return r.roll(n) == 0 }

func (r *arena) roll(n int) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.rand.IntN(n)
}

// rage begins to do things to the pods: to some of their calls what networks
// do, and kills.
func (r *arena) rage(t *testing.T, kills int) {
	r.mutex.Lock()
	r.kills = kills
	r.mutex.Unlock()
	pick := func(string) fault {
		switch {
		case r.chance(12):
			return r.fall(t)
		case r.chance(6):
			return networkFaults[r.roll(len(networkFaults))]
		}
		return fault{}
	}
	r.old.fail(pick)
	r.new.fail(pick)
}

// calm ends that, and waits until both pods are up.
func (r *arena) calm() {
	r.old.fail(nil)
	r.new.fail(nil)
	r.harassed.Wait()
	r.risings.Wait()
	for _, w := range []*wire{r.old, r.new} {
		w.mutex.Lock()
		for name, n := range w.met {
			r.account.fault(name, n)
		}
		clear(w.met)
		w.mutex.Unlock()
	}
	http.DefaultClient.CloseIdleConnections()
}

// fall is a fault that kills a pod, before a call is carried or after it.
func (r *arena) fall(t *testing.T) fault {
	victim, before, down := r.from, r.chance(2), time.Duration(r.roll(300))*time.Millisecond
	if r.chance(2) {
		victim = r.to
	}
	if !r.takes(victim) {
		return fault{}
	}
	r.risings.Add(1) // from now on: who waits for calm waits for what is about to fall, too
	return fault{"kill -9", func(w *wire, to http.ResponseWriter, q *http.Request, body []byte) {
		defer r.risings.Done()
		if before {
			r.kill(t, victim, down)
		}
		a, ok := w.carry(q, body)
		if !before {
			r.kill(t, victim, down)
		}
		if ok {
			a.give(to)
			return
		}
		hangUp(to)
	}}
}

// takes claims a kill of a pod that is up, if there is one left.
func (r *arena) takes(victim *testPod) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.kills == 0 || r.falling[victim.URL] > 0 {
		return false
	}
	r.kills--
	r.falling[victim.URL]++
	return true
}

// kill ends a pod as a power cut would, and starts it again a little later.
func (r *arena) kill(t *testing.T, victim *testPod, down time.Duration) {
	if err := victim.Kill(); err != nil {
		t.Error(err)
	}
	r.risings.Go(func() {
		time.Sleep(down)
		err := victim.Start(t.Context())
		for end := time.Now().Add(patience); err != nil && time.Now().Before(end) && t.Context().Err() == nil; { // as whatever looks after a server does
			time.Sleep(200 * time.Millisecond)
			err = victim.Start(t.Context())
		}
		if err != nil {
			t.Errorf("%v: %s", err, victim.log)
		}
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.falling[victim.URL]--
	})
}

// harass does something to the databases, once or twice. A database that fails
// all the time is no fault but an outage: jobs then wait longer and longer.
func (r *arena) harass(t *testing.T) {
	r.harassed.Go(func() {
		for range 1 + r.roll(2) {
			time.Sleep(time.Duration(300+r.roll(1500)) * time.Millisecond)
			victim := r.from
			if r.chance(2) {
				victim = r.to
			}
			hold, again, atOnce := time.Duration(r.roll(1500))*time.Millisecond, r.chance(2), r.chance(2)
			var name string
			var err error
			if r.beneath != nil && again {
				name, err = "PostgreSQL started anew", r.beneath.Restart(t.Context(), atOnce)
			} else {
				name, err = victim.harm(t.Context(), hold)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			r.account.fault(name, 1)
		}
	})
}

// moverOf is the account of a round.
func moverOf(round int) string { return fmt.Sprintf("mover%d", round) }
