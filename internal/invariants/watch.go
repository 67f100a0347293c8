package invariants

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Scene is what a scenario is about: an account that may move from one pod to
// the other.
type Scene struct {
	Old, New    Pod
	Name        string        // at both ends
	Notice      time.Duration // that the old pod gives; zero is not looked at
	HoldingsAge time.Duration // that the old pod allows; zero is a day
	Others      []string      // accounts that nothing may happen to; nil is all others
}

// A Watch is what was there before a scenario, and what its person did since.
type Watch struct {
	Scene
	was, wasThere snapshot

	mutex   sync.Mutex
	wrote   map[string]*wish // posts by guid
	touched map[string]bool  // posts that the person changed at the new pod
}

// A wish is what a person was told of a post, or may have got without a word.
type wish struct {
	texts         []string
	gone, mayBeGo bool
}

// A TB is what a scenario runs in: testing.TB, or a random run's own.
type TB interface {
	Helper()
	Context() context.Context
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// Look reads both pods before a scenario.
func Look(t TB, s Scene) *Watch {
	t.Helper()
	w := &Watch{Scene: s, wrote: map[string]*wish{}, touched: map[string]bool{}}
	var err error
	if w.was, err = s.Old.look(t.Context(), s, ""); err != nil {
		t.Fatal(err)
	}
	if w.wasThere, err = s.New.look(t.Context(), s, s.Old.URL); err != nil {
		t.Fatal(err)
	}
	for _, v := range w.outsiders(t.Context()) {
		t.Error(v)
	}
	return w
}

// Wrote notes that the old pod said it has the post with this text.
func (w *Watch) Wrote(guid, text string) { w.note(guid, wish{texts: []string{text}}, true) }

// Tried notes that the old pod was asked to have the post with this text, and
// gave no answer: it may or may not.
func (w *Watch) Tried(guid, text string) { w.note(guid, wish{texts: []string{text}}, false) }

// Deleted notes that the old pod said the post is gone.
func (w *Watch) Deleted(guid string) { w.note(guid, wish{gone: true}, true) }

// TriedDeleting notes that it was asked to delete it, and gave no answer.
func (w *Watch) TriedDeleting(guid string) { w.note(guid, wish{mayBeGo: true}, false) }

// Touched notes that the person edited or deleted the post at the new pod.
func (w *Watch) Touched(guid string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.touched[guid] = true
}

// note takes a wish, for certain or beside what was wished before.
func (w *Watch) note(guid string, wished wish, certain bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	old := w.wrote[guid]
	if old == nil {
		old = &wish{}
		if r, was := w.was.items[item{"posts", guid}]; was {
			old.texts = []string{r.text}
		}
	}
	if !certain {
		wished.texts = append(wished.texts, old.texts...)
		wished.mayBeGo = wished.mayBeGo || old.gone || old.mayBeGo
	}
	w.wrote[guid] = &wished
}

// Findings are what a check counts.
type Findings struct {
	Moved, Lost, Doubled int
	Violations           []string
}

func (f *Findings) say(invariant string, format string, args ...any) {
	f.Violations = append(f.Violations, invariant+": "+fmt.Sprintf(format, args...))
}

// Check reads both pods again and fails the test for whatever does not hold.
func (w *Watch) Check(t TB) Findings {
	t.Helper()
	f, err := w.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range f.Violations[:min(len(f.Violations), 20)] {
		t.Error(v)
	}
	if n := len(f.Violations); n > 20 {
		t.Errorf("and %d more", n-20)
	}
	return f
}

func (w *Watch) find(ctx context.Context) (f Findings, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	is, err := w.Old.look(ctx, w.Scene, "")
	if err != nil {
		return f, err
	}
	there, err := w.New.look(ctx, w.Scene, w.Old.URL)
	if err != nil {
		return f, err
	}
	w.lost(&f, is, there)
	w.profile(&f, is, there)
	w.twice(&f, is, there)
	w.stubs(&f, is)
	w.erased(&f, is)
	w.others(&f, is, there)
	f.Violations = append(f.Violations, w.outsiders(ctx)...)
	return f, nil
}

// good reports whether a receipt says that the item arrived.
func (r receipt) good() bool { return slices.Contains([]string{"imported", "unchanged"}, r.outcome) }

// moved reports whether the old addresses lead away.
func (d departure) moved() bool {
	return slices.Contains([]string{"redirecting", "erasing", "erased"}, d.state)
}
