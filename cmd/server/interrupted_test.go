package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/invariants"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// A stage is a move that stands still in one of its states.
type stage struct {
	t        *testing.T
	from, to *testPod
	old      *wire // before the old pod
	w        person
	seen     *invariants.Watch
	move     string // address of its page
	free     func() // lets go what holds it
}

// An interruption is how a state is reached, and how the move goes on once both
// pods were killed in it and are up again.
type interruption struct {
	old, now string // states; empty is not looked at
	reach    func(s *stage)
	goOn     func(s *stage)
}

// interruptions are one for each state. Each goes on to the end of a move, or
// back to its beginning.
var interruptions = []interruption{
	{now: "planned", reach: func(s *stage) { s.w.fill(s.t, s.w.open(s.t, s.to.URL+"/move"), "/move", "id", s.id()) }, goOn: func(s *stage) {
		page := s.w.fill(s.t, s.w.open(s.t, s.newest()), "/agree")
		s.agree(s.w.fill(s.t, page, "/sign-in", "username", s.w.name, "password", demo.Password))
		s.ends("done")
	}},
	{now: "authorizing", reach: func(s *stage) { s.w.ask(s.t, s.id()) }, goOn: func(s *stage) {
		page := s.w.fill(s.t, s.w.open(s.t, s.newest()), "/agree")
		s.agree(s.w.fill(s.t, page, "/sign-in", "username", s.w.name, "password", demo.Password))
		s.ends("done")
	}},
	{old: "open", now: "copying", reach: held("GET profile"), goOn: resumes},
	{old: "copying", now: "copying", reach: held("GET posts"), goOn: resumes},
	{now: "catching-up", reach: held("POST receipts"), goOn: resumes},
	{now: "verifying", reach: held("GET manifest"), goOn: resumes},
	{old: "frozen", now: "freezing", reach: held("GET posts", "POST freeze"), goOn: resumes},
	{old: "frozen", now: "verifying", reach: held("POST complete"), goOn: resumes},
	{old: "copying", now: "waiting", reach: with("GET posts", status("wait", http.StatusServiceUnavailable, "3000")), goOn: func(s *stage) {
		says(s.t, s.w.open(s.t, s.move), "Waiting")
		s.w.fill(s.t, s.w.open(s.t, s.move), "/retry")
		s.ends("done")
	}},
	{old: "copying", now: "needs-attention", reach: with("GET posts", nothing), goOn: func(s *stage) {
		says(s.t, s.w.open(s.t, s.move), "The move stopped")
		s.w.fill(s.t, s.w.open(s.t, s.move), "/retry")
		s.ends("done")
	}},
	{old: "verified", now: "waiting", reach: with("GET photos content", flipped), goOn: func(s *stage) {
		s.w.fill(s.t, s.w.open(s.t, s.w.departure(s.t, s.from)), "/accept")
		s.w.fill(s.t, s.w.open(s.t, s.move), "/retry")
		s.ends("done")
	}},
	{old: "redirecting", now: "done", reach: func(s *stage) { s.begin(); s.ends("done") }, goOn: func(s *stage) {
		s.w.fill(s.t, s.w.open(s.t, s.move), "/undo")
		takenBack(s.t, s.from, s.to)
		gone(s.t, s.to, s.w.name)
		s.ends("undone")
	}},
	{old: "undone", now: "undone", reach: func(s *stage) {
		s.begin()
		s.ends("done")
		s.w.fill(s.t, s.w.open(s.t, s.move), "/undo")
	}, goOn: func(s *stage) { s.ends("undone") }},
	{now: "cancelled", reach: func(s *stage) {
		held("GET posts")(s)
		s.w.fill(s.t, s.w.open(s.t, s.move), "/cancel")
	}, goOn: func(s *stage) { s.endsAtOld("cancelled") }},
	{old: "cancelled", now: "cancelled", reach: func(s *stage) {
		held("GET posts")(s)
		s.w.fill(s.t, s.w.open(s.t, s.move), "/cancel")
		s.free()
	}, goOn: func(s *stage) { s.ends("cancelled") }},
	{old: "erasing", now: "done", reach: func(s *stage) {
		s.begin()
		s.ends("done")
		s.free = s.to.lose(s.t, picture(s.t, s.w.name, 2))
		time.Sleep(time.Second) // the notice
		s.w.fill(s.t, s.w.open(s.t, s.w.departure(s.t, s.from)), "/erase")
	}, goOn: func(s *stage) { s.endsAtOld("erased") }},
	{old: "erased", now: "done", reach: func(s *stage) {
		s.begin()
		s.ends("done")
		time.Sleep(time.Second) // the notice
		s.w.fill(s.t, s.w.open(s.t, s.w.departure(s.t, s.from)), "/erase")
	}, goOn: func(s *stage) { s.ends("done") }},
}

// elsewhere are the states that no kill can find a move in, and why.
var elsewhere = map[string]string{
	"finished": "a copy that took nothing away ends so: client_test.go",
	"expired":  "nothing happened for a week: transfer/source TestExpire",
}

// TestInterrupted kills both pods in each state that a move has.
func TestInterrupted(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect, "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s", "PODMOVE_PAGE_ITEMS=4")
		to := newQuickPod(t, dialect)
		interruptions := shared(dialect, interruptions)
		for i := range interruptions {
			from.household(t, moverOf(i), 8, 4)
		}
		from.household(t, "bystander", 4, 2)
		old := onWire(t, from)
		start(t, from, to)
		for i, how := range interruptions {
			t.Run(strings.Trim(how.old+", "+how.now, ", "), func(sub *testing.T) {
				defer old.fail(nil)
				s := &stage{t: sub, from: from, to: to, old: old, w: to.signUp(sub, moverOf(i)), free: func() {}}
				s.seen = watch(sub, from, to, moverOf(i))
				how.reach(s)
				s.stands(how)
				kill(sub, from)
				kill(sub, to)
				old.fail(nil)
				s.free()
				start(t, from, to) // they outlive this part
				http.DefaultClient.CloseIdleConnections()
				how.goOn(s)
				s.seen.Check(sub)
			})
		}
	})
}

// TestEveryStateIsInterrupted: a state that is added needs a place in the list.
func TestEveryStateIsInterrupted(t *testing.T) {
	done := map[string]bool{}
	for _, i := range interruptions {
		done[i.old], done[i.now] = true, true
	}
	states := map[string]bool{}
	add(states, source.Transitions())
	add(states, destination.Transitions())
	for _, state := range slices.Sorted(maps.Keys(states)) {
		if !done[state] && elsewhere[state] == "" {
			t.Errorf("no move is interrupted while it is %s", state)
		}
	}
}

func add[S ~string](states map[string]bool, table map[S][]S) {
	for from, list := range table {
		states[string(from)] = true
		for _, to := range list {
			states[string(to)] = true
		}
	}
}

// nothing is an answer that says nothing.
var nothing = fault{"nothing", func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = to.Write([]byte("{}")) }}

// flipped turns the last byte of an answer.
var flipped = fault{"flipped", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
	a, ok := w.carry(r, body)
	if ok && len(a.body) > 0 {
		a.body[len(a.body)-1] ^= 1
		a.give(to)
		return
	}
	hangUp(to)
}}

// with begins a move in which one kind of call meets a fault.
func with(call string, f fault) func(*stage) {
	return func(s *stage) {
		s.old.fail(func(c string) fault {
			if c == call {
				return f
			}
			return fault{}
		})
		s.begin()
	}
}

// held begins a move that stops at one kind of call, until it is let go; where
// other calls are named, not before those were made.
func held(call string, after ...string) func(*stage) {
	return func(s *stage) {
		ctx, free := context.WithCancel(s.t.Context())
		s.free = free
		reached := make(chan struct{}, 100)
		waiting := len(after) > 0
		stop := fault{"held", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
			reached <- struct{}{}
			select {
			case <-ctx.Done():
			case <-r.Context().Done():
			}
			hangUp(to)
		}}
		s.old.fail(func(c string) fault {
			if slices.Contains(after, c) {
				waiting = false
			}
			if c == call && !waiting {
				return stop
			}
			return fault{}
		})
		s.begin()
		<-reached
	}
}

func (s *stage) id() string { return s.w.name + "@" + s.from.Host() }

// begin goes as far as the copy.
func (s *stage) begin() { s.agree(s.w.consent(s.t, s.id(), s.w.name)) }

func (s *stage) agree(page *demo.Page) { s.move = address(s.w.decide(s.t, page, "allow")) }

// newest is the page of the account's newest move.
func (s *stage) newest() string { return s.to.URL + "/moves/" + s.one(s.to, "x.id", "moves") }

// one is a column of the account's newest row in a table.
func (s *stage) one(p *testPod, column, table string) string {
	return p.one(s.t, "SELECT "+column+" FROM "+table+" x JOIN accounts a ON a.id = x.account_id WHERE a.username = '"+s.w.name+"' ORDER BY x.created_at DESC LIMIT 1")
}

// stands waits until the move stands where it is to be interrupted.
func (s *stage) stands(how interruption) {
	s.t.Helper()
	for range 300 {
		old, now := s.one(s.from, "x.state", "transfers"), s.one(s.to, "x.state", "moves")
		if (how.old == "" || old == how.old) && (how.now == "" || now == how.now) {
			return
		}
		pause(s.t)
	}
	s.t.Fatalf("the move is %s at the old pod and %s at the new one", s.one(s.from, "x.state", "transfers"), s.one(s.to, "x.state || ' ' || x.message", "moves"))
}

// ends waits until the move has ended at the new pod.
func (s *stage) ends(state string) {
	s.t.Helper()
	if m := s.w.follow(s.t, s.move, "done", "needs-attention", "cancelled", "undone"); m.State != state {
		s.t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
	}
}

// endsAtOld waits until the move has ended at the old pod.
func (s *stage) endsAtOld(state transfer.State) {
	s.t.Helper()
	s.stands(interruption{old: string(state)})
}

func resumes(s *stage) { s.ends("done") }
