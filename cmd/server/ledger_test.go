package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"podmove/internal/invariants"
)

// chaosSummary, set in the environment, is the file that gets the summary.
const chaosSummary = "PODMOVE_CHAOS_SUMMARY"

// An account of what was done to pods, and of what came of it.
type account struct {
	dialect string
	mutex   sync.Mutex
	played  int // rounds
	texts   int // written while accounts moved
	ends    map[string]int
	faults  map[string]int
	found   invariants.Findings
}

func newAccount(dialect string) *account {
	return &account{dialect: dialect, ends: map[string]int{}, faults: map[string]int{}}
}

func (a *account) fault(name string, n int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.faults[name] += n
}

// round adds what a round ended in.
func (a *account) round(end string, texts int, f invariants.Findings) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.add(&account{played: 1, texts: texts, ends: map[string]int{end: 1}, found: f})
}

// String is the summary, on one line.
func (a *account) String() string {
	return fmt.Sprintf("chaos on %s: %d rounds (%s); faults: %s; %d items moved, %d texts sent meanwhile; %d lost, %d doubled, %d violations in all",
		a.dialect, a.played, counted(a.ends), counted(a.faults), a.found.Moved, a.texts, a.found.Lost, a.found.Doubled, len(a.found.Violations))
}

func counted(what map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(what)) {
		list = append(list, fmt.Sprintf("%d %s", what[name], name))
	}
	return strings.Join(list, ", ")
}

// publish adds what came of all to the file that "make chaos" shows last: a line
// for each kind of database, and one for all.
func publish(t *testing.T, accounts []*account) {
	t.Helper()
	all := newAccount("all")
	var lines strings.Builder
	for _, a := range accounts {
		all.add(a)
		fmt.Fprintln(&lines, a)
	}
	fmt.Fprintln(&lines, all)
	t.Log(lines.String())
	if path := os.Getenv(chaosSummary); path != "" {
		if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// add adds what another account says.
func (a *account) add(b *account) {
	a.played += b.played
	a.texts += b.texts
	for name, n := range b.ends {
		a.ends[name] += n
	}
	for name, n := range b.faults {
		a.faults[name] += n
	}
	a.found.Moved += b.found.Moved
	a.found.Lost += b.found.Lost
	a.found.Doubled += b.found.Doubled
	a.found.Violations = append(a.found.Violations, b.found.Violations...)
}
