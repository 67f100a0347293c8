package transfertest

import (
	"errors"
	"sync"
	"testing"

	"podmove/transfer"
)

// A Pod is a place in which accounts are filled, as the suite needs it.
type Pod interface {
	// Writer fills the account of that name, which is made when it is first
	// named, from the source account of that name. The same two names again
	// are the same copy: its progress is kept.
	Writer(t *testing.T, account, source string) transfer.Writer
	// Items is what the account holds now: live items only, in any order.
	Items(t *testing.T, account string, c transfer.Collection) []transfer.Entry
	// Author stores an item as if the person had made it there, and answers
	// its guid.
	Author(t *testing.T, account string, item transfer.Item) (guid string)
}

// NewPod makes an empty pod.
type NewPod func(t *testing.T) Pod

// Writer runs what every transfer.Writer must do.
func Writer(t *testing.T, open NewPod) {
	t.Run("stores every item with the bytes that came", func(t *testing.T) { writerStoresAll(t, open(t)) })
	t.Run("commits progress with the work", func(t *testing.T) { writerKeepsProgress(t, open(t)) })
	t.Run("stores nothing for a runner that was overtaken", func(t *testing.T) { writerRefusesLosers(t, open(t)) })
	t.Run("lets one of two runners win", func(t *testing.T) { writerRace(t, open(t)) })
	t.Run("changes nothing when the same comes again", func(t *testing.T) { writerIsIdempotent(t, open(t)) })
	t.Run("stores the later bytes of an item", func(t *testing.T) { writerUpdates(t, open(t)) })
	t.Run("fails an invalid item alone", func(t *testing.T) { writerFailsAlone(t, open(t)) })
	t.Run("deletes what it brought, and only that", func(t *testing.T) { writerDeletes(t, open(t)) })
	t.Run("tallies what came and what arrived", func(t *testing.T) { writerTallies(t, open(t)) })
	t.Run("gives a fresh address where another account has the guid", func(t *testing.T) { writerAvoidsOthers(t, open(t)) })
	t.Run("never touches what the person made here", func(t *testing.T) { writerSparesOwn(t, open(t)) })
	t.Run("keeps bytes", func(t *testing.T) { writerKeeps(t, open) })
}

// Fill writes the whole fixture through w, in the order in which it travels.
func Fill(t *testing.T, w transfer.Writer, f Fixture) map[string]transfer.Outcome {
	t.Helper()
	KeepAll(t, w, f)
	outcomes := map[string]transfer.Outcome{}
	for _, c := range transfer.Collections() {
		for guid, o := range write(t, w, c, f.Entries[c]...) {
			outcomes[guid] = o
		}
	}
	return outcomes
}

// write stores entries as the next page, and answers the outcomes by guid.
func write(t *testing.T, w transfer.Writer, c transfer.Collection, entries ...transfer.Entry) map[string]transfer.Outcome {
	t.Helper()
	after := must(w.Progress(t.Context(), c))(t)
	list := must(w.Write(t.Context(), transfer.Page{Collection: c, After: after, Next: after + "x", Through: int64(len(after)) + 1, Entries: entries}))(t)
	outcomes := map[string]transfer.Outcome{}
	for _, o := range list {
		if o.Collection != c {
			t.Errorf("the outcome of %s names the collection %q, want %q", o.GUID, o.Collection, c)
		}
		outcomes[o.GUID] = o
	}
	if len(list) != len(entries) || len(outcomes) != len(entries) {
		t.Fatalf("%d entries of %s had %d outcomes", len(entries), c, len(list))
	}
	return outcomes
}

func writerStoresAll(t *testing.T, pod Pod) {
	f := Made(Aurora)
	outcomes := Fill(t, pod.Writer(t, "here", Aurora), f)
	for _, c := range transfer.Collections() {
		for _, e := range f.Entries[c] {
			if o := outcomes[e.GUID]; o.Result != transfer.Imported || o.Digest != e.Digest || o.Reason != "" || o.URL != "" {
				t.Errorf("%s: %+v, want imported with the digest that came and no explicit address", c, o)
			}
		}
		got := pod.Items(t, "here", c)
		if c == transfer.Profiles && len(got) == 1 {
			got[0].GUID = f.Entries[c][0].GUID
		}
		sameEntries(t, c, got, f.Entries[c])
	}
}

func writerKeepsProgress(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	if at := must(w.Progress(t.Context(), transfer.Posts))(t); at != "" {
		t.Fatalf("before anything came the cursor is %q", at)
	}
	p := transfer.Page{Collection: transfer.Posts, Next: "first", Through: 3, Entries: f.Entries[transfer.Posts][:3]}
	must(w.Write(t.Context(), p))(t)
	for _, w := range []transfer.Writer{w, pod.Writer(t, "here", Aurora)} {
		if at := must(w.Progress(t.Context(), transfer.Posts))(t); at != "first" {
			t.Errorf("the cursor is %q, want that of the page written", at)
		}
	}
	if at := must(w.Progress(t.Context(), transfer.Photos))(t); at != "" {
		t.Errorf("another collection's cursor is %q", at)
	}
	if at := must(pod.Writer(t, "here", Borealis).Progress(t.Context(), transfer.Posts))(t); at != "" {
		t.Errorf("the cursor of a copy from elsewhere is %q", at)
	}
	must(w.Write(t.Context(), transfer.Page{Collection: transfer.Posts, After: "first", Next: "second", Through: 4, CaughtUp: true}))(t)
	if at := must(w.Progress(t.Context(), transfer.Posts))(t); at != "second" {
		t.Errorf("after an empty page the cursor is %q", at)
	}
}

func writerRefusesLosers(t *testing.T, pod Pod) {
	posts, w := Made(Aurora).Entries[transfer.Posts], pod.Writer(t, "here", Aurora)
	must(w.Write(t.Context(), transfer.Page{Collection: transfer.Posts, Next: "first", Through: 3, Entries: posts[:3]}))(t)
	for _, after := range []transfer.Cursor{"", "elsewhere", "second"} {
		_, err := w.Write(t.Context(), transfer.Page{Collection: transfer.Posts, After: after, Next: "second", Through: 6, Entries: posts[3:6]})
		if !errors.Is(err, transfer.ErrOvertaken) {
			t.Errorf("a page after %q: %v, want ErrOvertaken", after, err)
		}
	}
	sameEntries(t, transfer.Posts, pod.Items(t, "here", transfer.Posts), posts[:3])
	if at := must(w.Progress(t.Context(), transfer.Posts))(t); at != "first" {
		t.Errorf("the cursor is %q", at)
	}
	if came := tallyOf(t, must2(w.Tally(t.Context()))(t).came, transfer.Posts); came.Count != 3 {
		t.Errorf("%d posts came by the tally, want 3", came.Count)
	}
}

func writerRace(t *testing.T, pod Pod) {
	posts := Made(Aurora).Entries[transfer.Posts]
	runners := []transfer.Writer{pod.Writer(t, "here", Aurora), pod.Writer(t, "here", Aurora)}
	errs := make([]error, len(runners))
	var wg sync.WaitGroup
	for i, w := range runners {
		wg.Go(func() {
			_, errs[i] = w.Write(t.Context(), transfer.Page{Collection: transfer.Posts, Next: "first", Through: 42, Entries: posts})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), transfer.ErrOvertaken) {
		t.Errorf("the two ended with %v and %v, want one done and one overtaken", errs[0], errs[1])
	}
	sameEntries(t, transfer.Posts, pod.Items(t, "here", transfer.Posts), posts)
}

func writerIsIdempotent(t *testing.T, pod Pod) {
	f := Made(Aurora)
	Fill(t, pod.Writer(t, "here", Aurora), f)
	before := must2(pod.Writer(t, "here", Aurora).Tally(t.Context()))(t)
	for guid, o := range Fill(t, pod.Writer(t, "here", Aurora), f) {
		if o.Result != transfer.Unchanged || o.Digest == "" {
			t.Errorf("%s came again: %+v, want unchanged", guid, o)
		}
	}
	after := must2(pod.Writer(t, "here", Aurora).Tally(t.Context()))(t)
	for _, c := range transfer.Collections() {
		if n := len(pod.Items(t, "here", c)); n != len(f.Entries[c]) {
			t.Errorf("%s: %d items after the same came twice, want %d", c, n, len(f.Entries[c]))
		}
		if tallyOf(t, before.came, c) != tallyOf(t, after.came, c) || tallyOf(t, before.arrived, c) != tallyOf(t, after.arrived, c) {
			t.Errorf("%s: the tallies changed", c)
		}
	}
}
