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
	a.played++
	a.texts += texts
	a.ends[end]++
	a.found.Moved += f.Moved
	a.found.Lost += f.Lost
	a.found.Doubled += f.Doubled
	a.found.Violations = append(a.found.Violations, f.Violations...)
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

// publish logs the summary, and adds it to the file that "make chaos" shows last.
func (a *account) publish(t *testing.T) {
	t.Helper()
	t.Log(a)
	path := os.Getenv(chaosSummary)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(file, a)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Error(err)
	}
}
