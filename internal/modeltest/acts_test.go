package modeltest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// actions are what a life is made of; those that carry a move on are more often.
func (m *model) actions() map[string]func(*rapid.T) {
	deeds := map[string]func(*rapid.T) *deed{
		"write": m.write, "edit": m.edit, "delete": m.remove, "withdraw": m.withdraw, "accept": m.accept, "undo at the old pod": m.undoOld,
		"erase now": m.eraseNow, "begin": m.begin, "authorize": m.authorize, "come back": m.back, "retry": m.retry, "cancel": m.cancel,
		"undo at the new pod": m.undoNew, "touch": m.touch, "job": m.job, "stray worker": m.stray, "sweep": m.sweep,
		"restart": m.restart, "rival opens": m.rivalOpens, "rival": m.rivalDoes,
	}
	for i := range 16 {
		deeds[fmt.Sprintf("go on %d", i)] = m.goOn
	}
	names := slices.Sorted(maps.Keys(deeds))
	actions := map[string]func(*rapid.T){"time passes": m.passes, "damage": func(t *rapid.T) { m.damaged.Store(rapid.Bool().Draw(t, "damaged")) }}
	for name, make := range deeds {
		actions[name] = func(t *rapid.T) {
			if d := make(t); d != nil {
				m.perform(t, disturbed(t), *d)
			}
		}
	}
	atOnce := func(t *rapid.T) { m.atOnce(t, deeds, names) }
	actions["at once"], actions["at once 2"] = atOnce, atOnce
	return actions
}

// atOnce has two or three deeds happen at the same moment, now and then one of them
// twice: from a second tab, or in a second process. One at most writes, since of two
// writes at once nobody can say which is the last.
func (m *model) atOnce(t *rapid.T, deeds map[string]func(*rapid.T) *deed, names []string) {
	var all []deed
	writes := false
	for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 2, 3).Draw(t, "at once") {
		d := deeds[name](t)
		if d == nil || d.writes && writes {
			continue
		}
		writes = writes || d.writes
		all = append(all, *d)
		if !d.writes && rapid.IntRange(0, 3).Draw(t, "twice") == 0 {
			all = append(all, *d)
		}
	}
	if len(all) > 1 {
		m.perform(t, disturbed(t), all...)
	}
}

// disturbed draws what happens to the calls of a deed.
func disturbed(t *rapid.T) *harm {
	h := &harm{kind: rapid.SampledFrom(kinds).Draw(t, "harm")}
	h.at.Store(int64(rapid.IntRange(1, 20).Draw(t, "at")))
	h.slow = rapid.SampledFrom([]time.Duration{0, 0, 2 * time.Second, 30 * time.Second}).Draw(t, "slow")
	return h
}

// passes lets time pass: of a freeze, of a wait, of a notice.
func (m *model) passes(t *rapid.T) {
	m.pass(rapid.SampledFrom([]time.Duration{
		30 * time.Second, 30 * time.Second, 2 * time.Minute, 2 * time.Minute, time.Hour, time.Hour, 24 * time.Hour, notice,
	}).Draw(t, "time"))
}

// goOn is what carries the newest move on.
func (m *model) goOn(t *rapid.T) *deed {
	if len(m.moveIDs) == 0 {
		return m.begin(t)
	}
	id := m.moveIDs[len(m.moveIDs)-1]
	switch a := m.moves[id]; {
	case m.frozen() && rapid.Bool().Draw(t, "write"):
		return m.write(t)
	case a.State == destination.Planned, a.Reason == transfer.ConsentNeeded:
		return m.authorizes(id)
	case a.State == destination.Authorizing && !m.answers[len(m.answers)-1].used:
		return m.comesBack(len(m.answers) - 1)
	case a.State == destination.Authorizing:
		return m.authorizes(id)
	case a.State == destination.NeedsAttention:
		return m.retries(id)
	case a.Reason == transfer.AcceptanceNeeded && rapid.Bool().Draw(t, "accept"):
		return m.accepts(a.Transfer)
	case a.Reason == transfer.TransferActive && m.rival.id != "":
		return m.rivalCalls("cancel")
	case (a.State == destination.Cancelled || a.State == destination.Undone) && len(m.jobs) == 0:
		return m.begin(t)
	case a.State == destination.Done && rapid.Bool().Draw(t, "grace passes"):
		if rest := m.transfers[a.Transfer].GraceEnds.Sub(m.clock()); rest > 0 {
			m.pass(rest)
		}
	case a.State == destination.Done:
		after := []func(*rapid.T) *deed{m.job, m.job, m.eraseNow, m.touch, m.undoOld, m.undoNew}
		if d := rapid.SampledFrom(after).Draw(t, "then")(t); d != nil {
			return d
		}
	}
	if !m.someDue() {
		m.untilDue()
	}
	return m.job(t)
}

func (m *model) someDue() bool {
	for _, j := range m.jobs {
		if !m.clock().Before(j.due) {
			return true
		}
	}
	return false
}

// untilDue lets time pass until a job's has come.
func (m *model) untilDue() {
	rest := time.Duration(0)
	for _, j := range m.jobs {
		if left := j.due.Sub(m.clock()); rest == 0 || left < rest {
			rest = left
		}
	}
	m.pass(rest)
}
