package main

import (
	"context"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/invariants"
	"podmove/transfer"
)

// TestUndo takes a finished move back, from either end.
func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect), newQuickPod(t, dialect)
		left, right := tale(t, "ada", 1, from, to), tale(t, "eve", 2, from, to)
		start(t, from, to)
		t.Run("at the old pod", func(t *testing.T) {
			before, seen := moved(t, left, from, to)
			w := person{left.Name, to, left.Browser()}
			w.fill(t, w.open(t, left.Departure()), "/undo")
			backHome(t, left, from, before)
			if m := w.follow(t, left.Move(), "undone", "needs-attention"); m.State != "undone" {
				t.Errorf("at the new pod the move is %s: %s", m.State, m.Message)
			}
			// What is at the new pod is the person's to remove.
			sameItems(t, before, to.holding(t, left.Name))
			seen.Check(t)
		})
		t.Run("at the new pod", func(t *testing.T) {
			before, seen := moved(t, right, from, to)
			w := person{right.Name, to, right.Browser()}
			w.fill(t, w.open(t, right.Move()), "/undo")
			w.follow(t, right.Move(), "undone")
			backHome(t, right, from, before)
			gone(t, to, right.Name)
			for _, p := range right.Truth.Posts[:8] {
				if page := peek(t, to.URL+"/posts/"+p.GUID); page.Status != 404 {
					t.Errorf("%s answers %d", page.URL, page.Status)
				}
			}
			seen.Check(t)
		})
	})
}

// moved tells a story until the old links lead to the new pod, and answers what
// the account held at the old pod before.
func moved(t *testing.T, s *demo.Story, from, to *testPod) (before holding, seen *invariants.Watch) {
	t.Helper()
	before = from.holding(t, s.Name)
	tell(t, s.Begin)
	seen = watch(t, from, to, s.Name)
	tell(t, s.Watch)
	for _, p := range s.Truth.Posts[:8] {
		if page := peek(t, from.URL+"/posts/"+p.GUID); p.Public && page.Status != 302 {
			t.Fatalf("%s answers %d", page.URL, page.Status)
		}
	}
	return before, seen
}

// backHome: the old account is what it was, and the old links show it again.
func backHome(t *testing.T, s *demo.Story, from *testPod, before holding) {
	t.Helper()
	if after := from.holding(t, s.Name); !after.equal(before) {
		t.Errorf("the old account is\n%s\nand was\n%s", after, before)
	}
	for _, p := range s.Truth.Posts[:8] {
		want := 404
		if p.Public {
			want = 200
		}
		if page := peek(t, from.URL+"/posts/"+p.GUID); page.Status != want {
			t.Errorf("%s answers %d, want %d", page.URL, page.Status, want)
		}
	}
}

// gone waits until everything that a move brought is gone.
func gone(t *testing.T, at *testPod, name string) {
	t.Helper()
	for range 100 {
		left := int64(0)
		h := at.holding(t, name)
		for _, c := range transfer.Collections()[1:] {
			left += h.Items[c].Count
		}
		if left == 0 {
			return
		}
		pause(t)
	}
	t.Errorf("still there: %s", at.holding(t, name))
}

// tell tells a chapter of a story.
func tell(t *testing.T, chapter func(context.Context) error) {
	t.Helper()
	if err := chapter(t.Context()); err != nil {
		t.Fatal(err)
	}
}
