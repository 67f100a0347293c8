package main

import (
	"os"
	"testing"
)

// newPodBy prepares a pod whose clock is off. No setting of the program does
// that: it is the test's binary that is given another clock. (fosite reads the
// machine's, which matters where a clock is ahead; but that one pod is ahead is
// the same as that the other is behind.)
func newPodBy(t *testing.T, dialect, off string, settings ...string) *testPod {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newPodOf(t, binary, dialect, append([]string{asProgram + "=1", testClock + "=" + off}, settings...)...)
}

// TestClocks: pods whose clocks are not quite five minutes apart move accounts
// as others do, whichever is behind; where more lies between them nothing
// begins, and the person reads why.
func TestClocks(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		settings := []string{"PODMOVE_PAGE_ITEMS=4", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s"}
		right, behind, wrong := newPodBy(t, dialect, "", settings...), newPodBy(t, dialect, "-4m58s", settings...), newPodBy(t, dialect, "-7m")
		rows := []struct {
			name, mover string
			from, to    *testPod
			end         string
		}{
			{"the old pod is behind, and the move is done and erased", "ada", behind, right, "erased"},
			{"the old pod is behind, and the move is undone at the new one", "bea", behind, right, "undone at the new pod"},
			{"the new pod is behind, and the move is done and erased", "cem", right, behind, "erased"},
			{"the new pod is behind, and the move is undone at it", "dan", right, behind, "undone at the new pod"},
			{"the new pod is behind, and the move is undone at the old one", "eva", right, behind, "undone at the old pod"},
		}
		rows = shared(dialect, rows)
		for _, row := range rows {
			row.from.household(t, row.mover, 8, 2)
		}
		start(t, right, behind, wrong)
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				r := begun(t, row.from, row.to, row.mover)
				endNamed(t, row.end).tell(t, r.round)
				r.written()
				r.settle(t)
				r.seen.Check(t)
			})
		}
		for name, row := range map[string]struct {
			mover    string
			from, to *testPod
		}{
			"the old pod is too far behind": {"finn", wrong, right}, "the new pod is too far behind": {"gus", right, wrong},
		} {
			t.Run(name, func(t *testing.T) {
				row.from.addAccount(t, row.mover)
				page := row.to.signUp(t, row.mover).ask(t, row.mover+"@"+row.from.Host())
				says(t, page, "are 7 minutes apart, so that neither pod would take what the other signs", "Nothing was changed")
				if n := row.from.one(t, "SELECT count(*) FROM oauth_interactions"); n != "0" {
					t.Errorf("the old pod waits for %s decisions", n)
				}
			})
		}
	})
}
