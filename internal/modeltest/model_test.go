package modeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// A deed is one thing that somebody does, a person, a job or another pod, and what
// the model says of it beforehand.
type deed struct {
	do     func(ctx context.Context) error
	answer string              // what it has to answer, "" that it is done, "?" that the model does not say
	old    []transfer.State    // to which transfers may go by it
	now    []destination.State // to which moves may
	writes bool                // changes items at the old pod
}

// A model is what has to be so of a life: how its transfers and moves stood when it
// last looked, and what follows from that and the clock.
type model struct {
	*life
	transfers   map[string]source.Transfer
	transferIDs []string // as they came up
	moves       map[string]destination.Move
	moveIDs     []string
	changed     map[string]bool // transfers whose account changed after they were compared
	hurried     map[string]bool // those whose person asked to erase at once
	answers     []answer        // of browsers that are, or were, at the old pod
	stuck       []job           // of processes that died
	met         map[string]bool // pairs of states, for the summary
	rival       rivalry
	texts       int
}

// An answer is a browser on its way back from the old pod.
type answer struct {
	state, move string
	until       time.Time
	used        bool
}

// The ways of both ends, as their own tables have them. What stays as it is has
// not moved.
var (
	waysOld = source.Transitions()
	waysNow = destination.Transitions()
)

// leads says whether a table leads from one state to another by way of those
// allowed alone.
func leads[S comparable](table map[S][]S, from, to S, allowed []S) bool {
	reached, next := map[S]bool{from: true}, []S{from}
	for ; len(next) > 0 && !reached[to]; next = next[1:] {
		for _, s := range table[next[0]] {
			if !reached[s] && slices.Contains(allowed, s) {
				reached[s] = true
				next = append(next, s)
			}
		}
	}
	return reached[to]
}

// kindOf is an error in one word.
func kindOf(err error) string {
	switch {
	case errors.Is(err, pod.ErrNotActive):
		return "not active"
	case errors.Is(err, pod.ErrHidden):
		return "hidden"
	}
	return string(transfer.CodeOf(err))
}

// perform has deeds happen, at once if there are several, and looks what came of
// them. Of one that nothing disturbs the model knows the answer.
func (m *model) perform(t *rapid.T, h *harm, deeds ...deed) {
	errs := make([]error, len(deeds))
	var all sync.WaitGroup
	for i, d := range deeds {
		all.Go(func() { errs[i] = d.do(h.in(t.Context())) })
	}
	all.Wait()
	var may deed
	for _, d := range deeds {
		may.old, may.now = append(may.old, d.old...), append(may.now, d.now...)
	}
	if d := deeds[0]; len(deeds) == 1 && h.kind == "" && d.answer != "?" && kindOf(errs[0]) != d.answer {
		t.Errorf("it answers %v, and the model says %q", errs[0], d.answer)
	}
	m.look(t, may)
}

// look reads how both ends stand, and holds it against how they stood.
func (m *model) look(t *rapid.T, may deed) {
	transfers, err := m.old.store.TransfersOf(t.Context(), m.from.ID)
	m.check(t, err)
	for _, is := range transfers {
		was, known := m.transfers[is.ID]
		if !known {
			was.State = transfer.Open
			m.transferIDs = append(m.transferIDs, is.ID)
			m.say(t, slices.Contains(may.old, transfer.Open), "a transfer was opened")
		}
		m.say(t, leads(waysOld, was.State, is.State, may.old), "the transfer went from %s to %s", was.State, is.State)
		if is.Receipt != was.Receipt {
			m.changed[is.ID] = false
		}
		if was.State != is.State && is.State == transfer.ErasingOld {
			m.say(t, m.hurried[is.ID] || !m.clock().Before(was.GraceEnds), "erasing began before its time")
		}
		m.transfers[is.ID] = is
	}
	moves, err := m.new.store.MovesOf(t.Context(), m.to.ID)
	m.check(t, err)
	for _, is := range moves {
		was, known := m.moves[is.ID]
		if !known {
			was.State = destination.Planned
			m.moveIDs = append(m.moveIDs, is.ID)
			m.say(t, slices.Contains(may.now, destination.Planned), "a move was planned")
		}
		m.say(t, leads(waysNow, was.State, is.State, may.now), "the move went from %s to %s", was.State, is.State)
		m.moves[is.ID] = is
		if d, opened := m.transfers[is.Transfer]; opened {
			m.met[string(d.State)+"/"+string(is.State)] = true
		}
	}
	m.agree(t)
}

// agree holds both ends against each other.
func (m *model) agree(t *rapid.T) {
	live := 0
	for _, d := range m.transfers {
		if d.State.Readable() {
			live++
		}
	}
	m.say(t, live <= 1, "%d moves of one account are under way", live)
	account, err := m.old.store.Account(t.Context(), m.from.ID)
	m.check(t, err)
	m.say(t, (account.State == pod.Moved) == m.moved(), "the account is %s", account.State)
	unended := 0
	for _, a := range m.moves {
		if !a.State.Ended() {
			unended++
		}
		d, opened := m.transfers[a.Transfer]
		switch a.State {
		case destination.Done:
			m.say(t, opened && (d.State.Away() || d.State == transfer.Undone), "the move is done, and the transfer is %s", d.State)
		case destination.Undone:
			m.say(t, opened && slices.Contains([]transfer.State{transfer.Undone, transfer.Cancelled, transfer.ExpiredIdle}, d.State),
				"the move is undone, and the transfer is %s", d.State)
		}
	}
	m.say(t, unended <= 1, "%d moves to one account are under way", unended)
}

func (m *model) check(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func (m *model) say(t *rapid.T, holds bool, format string, args ...any) {
	if !holds {
		t.Errorf(format, args...)
	}
}

// moved reports whether the account has.
func (m *model) moved() bool {
	for _, d := range m.transfers {
		if d.State.Away() {
			return true
		}
	}
	return false
}

// frozen reports whether the account stands still (Protocol §5.1).
func (m *model) frozen() bool {
	for _, d := range m.transfers {
		if d.State == transfer.Frozen && m.clock().Before(d.Thaws) {
			return true
		}
	}
	return false
}

// stands is how it all stands, for the log of a run that failed.
func (m *model) stands() (text string) {
	for _, id := range m.transferIDs {
		text += " old:" + string(m.transfers[id].State)
	}
	for _, id := range m.moveIDs {
		text += fmt.Sprintf(" now:%s(%s)", m.moves[id].State, m.moves[id].Reason)
	}
	return text + " at " + m.clock().Format(time.DateTime)
}
