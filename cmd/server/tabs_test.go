package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/invariants"
)

// A tab is a move whose person has its pages open twice.
type tab struct {
	t        *testing.T
	from, to *testPod
	w        person
	seen     *invariants.Watch
}

// tabs are one for each form of a move: what the second tab sends when the first
// has been sent already. Accounts have as many photos as the row says; those that
// there are arrive damaged.
var tabs = []struct {
	name   string
	photos int
	press  func(b *tab)
}{
	{"the form of a move makes room for the one that was sent last", 0, func(b *tab) {
		first, second := b.form(b.to.URL+"/move", "/move"), b.form(b.to.URL+"/move", "/move")
		first.Values.Set("id", b.id())
		second.Values.Set("id", b.id())
		agree := b.on(b.send(first), "/agree")
		b.send(second)
		b.says(b.send(agree), "has no need of consent now")
		b.moves("done")
	}},
	{"the form of a move adds none beside one under way", 0, func(b *tab) {
		again := b.form(b.to.URL+"/move", "/move")
		again.Values.Set("id", b.id())
		b.moves("done")
		b.send(again) // one that has ended is in nobody's way
		b.says(b.w.open(b.t, b.to.URL+"/move"), "Done")
	}},
	{"consent is given once", 0, func(b *tab) {
		page := b.w.consent(b.t, b.id(), b.w.name)
		again := b.on(page, "/oauth/interactions/")
		again.Values.Set("decision", "allow")
		move := address(b.w.decide(b.t, page, "allow"))
		b.says(b.send(again), "again")
		b.ends(move, "done")
	}},
	{"cancelling is done once, and nothing goes on afterwards", 1, func(b *tab) {
		move := address(b.w.decide(b.t, b.w.consent(b.t, b.id(), b.w.name), "allow"))
		b.w.asksToAccept(b.t, move)
		cancel, again, retry := b.form(move, "/cancel"), b.form(move, "/cancel"), b.form(move, "/retry")
		there := b.w.departure(b.t, b.from)
		accept := b.form(there, "/accept")
		b.says(b.send(cancel), "cancelled")
		b.says(b.send(again), "cancelled")
		b.says(b.send(retry), "not waiting for anything")
		b.w.until(b.t, there, "ancelled")
		b.says(b.send(accept), "nothing to accept")
		b.ends(move, "cancelled")
	}},
	{"going on without what did not arrive is done once", 1, func(b *tab) {
		move := address(b.w.decide(b.t, b.w.consent(b.t, b.id(), b.w.name), "allow"))
		b.w.asksToAccept(b.t, move)
		there := b.w.departure(b.t, b.from)
		accept, again, cancel, retry := b.form(there, "/accept"), b.form(there, "/accept"), b.form(there, "/cancel"), b.form(move, "/retry")
		b.fine(b.send(accept))
		b.fine(b.send(again))
		b.fine(b.send(cancel)) // too late: it says how things stand
		b.send(retry)
		b.ends(move, "done")
		b.says(b.w.open(b.t, there), "Undo")
	}},
	{"an undo is one, wherever it is pressed", 0, func(b *tab) {
		move := b.moves("done")
		there := b.w.departure(b.t, b.from)
		time.Sleep(time.Second) // the notice
		undo, again, old, erase := b.form(move, "/undo"), b.form(move, "/undo"), b.form(there, "/undo"), b.form(there, "/erase")
		b.fine(b.send(undo))
		b.fine(b.send(again))
		b.fine(b.send(old))
		b.says(b.send(erase), "nothing to erase")
		takenBack(b.t, b.from, b.to)
		b.ends(move, "undone")
	}},
	{"erasing is asked for once, and undone no more", 0, func(b *tab) {
		move := b.moves("done")
		there := b.w.departure(b.t, b.from)
		time.Sleep(time.Second) // the notice
		erase, again, old, undo := b.form(there, "/erase"), b.form(there, "/erase"), b.form(there, "/undo"), b.form(move, "/undo")
		b.fine(b.send(erase))
		b.w.until(b.t, there, "are erased")
		b.fine(b.send(again))
		b.says(b.send(old), "too late to undo")
		b.says(b.send(undo), "too late to undo")
		b.ends(move, "done")
	}},
	{"a move that a later one took the place of takes nothing away", 1, func(b *tab) {
		first := address(b.w.decide(b.t, b.w.consent(b.t, b.id(), b.w.name), "allow"))
		b.w.asksToAccept(b.t, first)
		b.fine(b.send(b.form(first, "/cancel")))
		undo := b.form(first, "/undo")
		second := address(b.w.decide(b.t, b.w.consent(b.t, b.id(), b.w.name), "allow"))
		b.w.asksToAccept(b.t, second)
		b.says(b.send(undo), "part of a later one")
		b.fine(b.send(b.form(b.w.departure(b.t, b.from), "/accept")))
		b.fine(b.send(b.form(second, "/retry")))
		b.ends(second, "done")
		b.says(b.send(undo), "part of a later one")
	}},
}

// TestSecondTab sends every form of a move once more from a tab that was open all
// the while.
func TestSecondTab(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect, "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s")
		to := newQuickPod(t, dialect)
		tabs := shared(dialect, tabs)
		for i, row := range tabs {
			from.household(t, moverOf(i), 6, row.photos)
		}
		onWire(t, from).fail(damagedPhotos)
		start(t, from, to)
		for i, row := range tabs {
			t.Run(row.name, func(t *testing.T) {
				b := &tab{t, from, to, to.signUp(t, moverOf(i)), watch(t, from, to, moverOf(i))}
				row.press(b)
				b.seen.Check(t)
			})
		}
	})
}

func (b *tab) id() string { return b.w.name + "@" + b.from.Host() }

// moves goes the whole way.
func (b *tab) moves(state string) (move string) {
	b.t.Helper()
	move = address(b.w.decide(b.t, b.w.consent(b.t, b.id(), b.w.name), "allow"))
	b.ends(move, state)
	return move
}

func (b *tab) ends(move, state string) {
	b.t.Helper()
	if m := b.w.follow(b.t, move, "done", "needs-attention", "cancelled", "undone"); m.State != state {
		b.t.Fatalf("the move is %s: %s", m.State, m.Message)
	}
}

// form is one on a page, as a tab keeps it.
func (b *tab) form(address, action string) *demo.Form {
	b.t.Helper()
	return b.on(b.w.open(b.t, address), action)
}

func (b *tab) on(page *demo.Page, action string) *demo.Form {
	b.t.Helper()
	form, err := page.Form(action)
	if err != nil {
		b.t.Fatal(err)
	}
	return form
}

// send submits a form, however it is answered. A sign-in that is asked for on the
// way is given.
func (b *tab) send(form *demo.Form) *demo.Page {
	b.t.Helper()
	page, err := form.Submit(b.t.Context())
	if err != nil && page == nil {
		b.t.Fatal(err)
	}
	if page.URL.Path == "/sign-in" {
		b.w.fill(b.t, page, "/sign-in", "username", b.w.name, "password", demo.Password)
		if page, err = form.Submit(b.t.Context()); err != nil && page == nil {
			b.t.Fatal(err)
		}
	}
	return page
}

func (b *tab) says(page *demo.Page, words string) {
	b.t.Helper()
	if !strings.Contains(string(page.Body), words) || page.Status >= http.StatusInternalServerError {
		b.t.Errorf("%s (%d) does not say %q: %s", page.URL, page.Status, words, page.Text())
	}
}

func (b *tab) fine(page *demo.Page) {
	b.t.Helper()
	if page.Status != http.StatusOK {
		b.t.Errorf("%s answers %d: %s", page.URL, page.Status, page.Text())
	}
}
