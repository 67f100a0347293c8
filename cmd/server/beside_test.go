package main

import (
	"net/http"
	"testing"
	"time"

	"podmove/internal/demo"
)

// beside prepares one more process of a pod, on its data and its database. It
// listens elsewhere, as behind a proxy that may ask either.
func (p *testPod) beside(t *testing.T, settings ...string) *testPod {
	t.Helper()
	binary, err := quickBinary()
	if err != nil {
		t.Fatal(err)
	}
	q := &testPod{dir: p.dir, database: p.database, log: &journal{}}
	if q.Process, err = demo.NewProcess(binary, p.dir, p.database, append([]string{"PODMOVE_LIMIT_SIGN_UP=0"}, settings...), q.log); err != nil {
		t.Fatal(err)
	}
	q.URL = p.URL
	t.Cleanup(func() { q.end(t) })
	return q
}

// slowly is a call that takes its time.
var slowly = fault{"slowly", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
	time.Sleep(100 * time.Millisecond)
	if a, ok := w.carry(r, body); ok {
		a.give(to)
		return
	}
	hangUp(to)
}}

// TestTwoProcesses has two processes of one pod claim the same work: one that starts
// takes up every unfinished move, whoever is at it. (On SQLite a pod is one process;
// that two do no harm there is tried all the same: an update may start the new one
// before the old one has ended.)
func TestTwoProcesses(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		settings := []string{"PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s", "PODMOVE_PAGE_ITEMS=2"}
		from, to := newQuickPod(t, dialect, settings...), newQuickPod(t, dialect)
		from.household(t, "ada", 16, 3)
		old := onWire(t, from)
		start(t, from, to)
		w := to.signUp(t, "ada")
		seen := watch(t, from, to, "ada")
		old.fail(func(string) fault { return slowly })
		move := address(w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		t.Run("copying", func(t *testing.T) {
			w.follow(t, move, "copying")
			start(t, to.beside(t))
			if m := w.follow(t, move, "done", "needs-attention"); m.State != "done" {
				t.Fatalf("the move is %s: %s", m.State, m.Message)
			}
			if n := to.one(t, "SELECT count(*) FROM river_job WHERE kind = 'move'"); n < "2" {
				t.Errorf("%s jobs worked at the move", n)
			}
			seen.Check(t)
		})
		t.Run("erasing", func(t *testing.T) {
			old.fail(nil)
			start(t, from.beside(t, settings...))
			time.Sleep(time.Second) // the notice
			page := w.departure(t, from)
			w.fill(t, w.open(t, page), "/erase")
			w.until(t, page, "are erased")
			seen.Check(t)
		})
	})
}
