package modeltest

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"podmove/redirects"
	"podmove/transfer"
)

// The last part of a life, in which nobody does anything any more: jobs and sweeps
// do their work, disturbed only where they erase, and after some weeks all has come
// to an end.

const (
	restFor  = 50 * 24 * time.Hour
	restStep = 12 * time.Hour
	tireless = 300 // calls of jobs in a step, which no job needs
)

func (m *model) rest(t *rapid.T) {
	m.damaged.Store(false)
	disturbances := rapid.IntRange(0, 3).Draw(t, "disturbances")
	for rested := time.Duration(0); rested < restFor && !(m.over() && len(m.jobs) == 0); rested += restStep {
		m.pass(restStep)
		m.perform(t, &harm{}, *m.restart(t))
		for n := 0; m.due(t, &disturbances); n++ {
			if n == tireless {
				t.Fatalf("the jobs never rest: %v, and%s", m.jobs, m.stands())
			}
		}
		m.perform(t, &harm{}, *m.sweep(t))
	}
	m.say(t, m.over(), "it never ends:%s", m.stands())
}

// due works the jobs whose time has come, and reports whether there were any.
func (m *model) due(t *rapid.T, disturbances *int) bool {
	var keys []string
	for key, j := range m.jobs {
		if !m.clock().Before(j.due) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		h, d := &harm{}, m.worked(m.jobs[key].what)
		d.do = func(ctx context.Context) error { return m.work(ctx, key) }
		if e, erases := m.jobs[key].what.(redirects.EraseJob); erases && *disturbances > 0 && !m.clock().Before(m.transfers[e.Transfer].GraceEnds) {
			*disturbances--
			h.kind = rapid.SampledFrom([]string{"answer lost", "killed before", "killed after"}).Draw(t, "harm")
			h.at.Store(int64(rapid.IntRange(4, 14).Draw(t, "at")))
		}
		m.perform(t, h, d)
		m.tooLate(t)
	}
	return len(keys) > 0
}

// tooLate presses undo at both ends of what is being erased (Protocol §7.1).
func (m *model) tooLate(t *rapid.T) {
	for _, id := range m.moveIDs {
		if a := m.moves[id]; m.transfers[a.Transfer].State == transfer.ErasingOld {
			m.perform(t, &harm{}, *m.undoes(a.Transfer))
			m.perform(t, &harm{}, *m.takesBack(id))
		}
	}
}

// over reports whether nothing more is to come.
func (m *model) over() bool {
	for _, d := range m.transfers {
		if len(waysOld[d.State]) > 0 {
			return false
		}
	}
	for _, a := range m.moves {
		if !a.State.Ended() {
			return false
		}
	}
	return true
}
