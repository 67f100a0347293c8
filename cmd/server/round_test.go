package main

import (
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"podmove/internal/demo"
)

// patience is how long a round may take for one step. What a process was at when
// its database went is taken up by another within two minutes (internal/jobs).
const patience = 4 * time.Minute

// A round is one move in an arena, with its pages at both ends.
type round struct {
	*arena
	name     string
	now, old page
}

// A page is a move's page at one end.
type page struct {
	name    string // who opens it
	address string // that of the old pod's is found when it is wanted
	pod     *testPod
}

// press answers how to press a button of the page. What stands in the way, the
// person tries again.
func (p page) press(t *testing.T, action string) func() {
	t.Helper()
	browser := demo.NewBrowser()
	return func() {
		address := p.address
		if address == "" {
			address = p.departure(t)
		}
		shown, err := browser.Open(t.Context(), address)
		for range 4 { // signing in, and signing in afresh
			if err != nil {
				return
			}
			if shown.URL.Path == "/sign-in" {
				shown, err = shown.Fill(t.Context(), "/sign-in", map[string]string{"username": p.name, "password": demo.Password})
				continue
			}
			if _, none := shown.Form(action); none != nil {
				return
			}
			shown, err = shown.Fill(t.Context(), action, nil)
			if err == nil && shown.URL.Path != "/sign-in" {
				return
			}
		}
	}
}

// departure is the old pod's page of the newest move.
func (p page) departure(t *testing.T) string {
	t.Helper()
	return p.pod.URL + "/departures/" + p.pod.one(t, "SELECT t.id FROM transfers t JOIN accounts a ON a.id = t.account_id WHERE a.username = '"+p.name+"' ORDER BY t.created_at DESC LIMIT 1")
}

// one reads one value from the pod's database; what is not there is "". While
// somebody harms it, that is tried again.
func (p *testPod) one(t *testing.T, query string) (value string) {
	t.Helper()
	db, err := p.rows(t)
	for range 50 {
		if err == nil {
			err = db.QueryRowContext(t.Context(), query).Scan(&value)
		}
		if err == nil || err == sql.ErrNoRows { //nolint:errorlint // as it comes
			return value
		}
		pause(t)
		db, err = p.rows(t)
	}
	t.Fatal(err)
	return ""
}

// rows is the pod's database, which stays open: a test asks it ten times a second.
func (p *testPod) rows(t *testing.T) (*sql.DB, error) {
	t.Helper()
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.db != nil {
		return p.db, nil
	}
	driver, dsn := p.reach()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	p.db = db
	return db, nil
}

// states are how the move stands at the old pod and at the new one.
func (r round) states(t *testing.T) (old, now string) {
	t.Helper()
	const of = " x JOIN accounts a ON a.id = x.account_id WHERE a.username = '"
	old = r.from.one(t, "SELECT x.state FROM transfers"+of+r.name+"' ORDER BY x.created_at DESC LIMIT 1")
	now = r.to.one(t, "SELECT x.state FROM moves"+of+r.name+"' ORDER BY x.created_at DESC LIMIT 1")
	return old, now
}

// push does what the person has to do until the move is in a state at the new
// pod: whenever it stops, go on, and agree once more where that is asked.
func (r round) push(t *testing.T, state string) {
	t.Helper()
	retry := r.now.press(t, "/retry")
	for end := time.Now().Add(patience); ; pause(t) {
		old, now := r.states(t)
		switch {
		case now == state:
			return
		case time.Now().After(end):
			t.Fatalf("after %s the move is %s at the new pod and %s at the old one: %s\nthere:%s\nhere:%s", patience, now, old, r.why(t), r.from.queue(t), r.to.queue(t))
		case now == "needs-attention":
			retry()
		case now == "waiting" && r.chance(10):
			retry()
		}
	}
}

// why is what the move's page says.
func (r round) why(t *testing.T) string {
	t.Helper()
	return r.to.one(t, "SELECT x.reason || ' ' || x.message FROM moves x JOIN accounts a ON a.id = x.account_id WHERE a.username = '"+r.name+"' ORDER BY x.created_at DESC LIMIT 1")
}

// queue are the jobs that a pod has to do.
func (p *testPod) queue(t *testing.T) (list string) {
	t.Helper()
	db, err := p.rows(t)
	if err != nil {
		return err.Error()
	}
	rows, err := db.QueryContext(t.Context(), "SELECT kind, state, attempt, CAST(scheduled_at AS TEXT) FROM river_job WHERE finalized_at IS NULL LIMIT 20")
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	for rows.Next() {
		var kind, state, attempt, at string
		if err := rows.Scan(&kind, &state, &attempt, &at); err != nil {
			return err.Error()
		}
		list += fmt.Sprintf("\n%s is %s, attempt %s, at %s", kind, state, attempt, at)
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	return list
}

// until presses until the move is in one of the states at the old pod.
func (r round) until(t *testing.T, press func(), states ...string) {
	t.Helper()
	for end := time.Now().Add(patience); ; pause(t) {
		press()
		old, now := r.states(t)
		switch {
		case slices.Contains(states, old):
			return
		case slices.Contains(states, "cancelled") && now == "cancelled" && old == "":
			return // it was never opened
		case time.Now().After(end):
			t.Fatalf("after %s the move is %s at the new pod and %s at the old one: %s\nthere:%s\nhere:%s", patience, now, old, r.why(t), r.from.queue(t), r.to.queue(t))
		}
	}
}

// together does things at once.
func together(acts ...func()) {
	var all sync.WaitGroup
	for _, act := range acts {
		all.Go(act)
	}
	all.Wait()
}

// settle waits until what the new pod takes away after an undo is away, so that
// the next round finds it quiet.
func (r round) settle(t *testing.T) {
	t.Helper()
	if _, now := r.states(t); now != "undone" {
		return
	}
	takenBack(t, r.from, r.to)
}

// takenBack waits until nothing is left to do of an undo.
func takenBack(t *testing.T, from, to *testPod) {
	t.Helper()
	const jobs = "SELECT count(*) FROM river_job WHERE kind IN ('take-back', 'undo-notice') AND finalized_at IS NULL"
	for end := time.Now().Add(patience); to.one(t, jobs) != "0" || from.one(t, jobs) != "0"; pause(t) {
		if time.Now().After(end) {
			t.Fatal("something is still to be taken back")
		}
	}
}
