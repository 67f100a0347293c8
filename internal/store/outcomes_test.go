package store_test

import (
	"slices"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// writePosts writes the next page of posts.
func writePosts(t *testing.T, p *testPod, entries []transfer.Entry, caughtUp bool) []transfer.Outcome {
	t.Helper()
	w := p.Writer(t, "aurora", "elsewhere")
	after, err := w.Progress(t.Context(), transfer.Posts)
	must(t, err)
	list, err := w.Write(t.Context(), transfer.Page{
		Collection: transfer.Posts, After: after, Next: after + "x", Through: int64(len(after)) + 1, Entries: entries, CaughtUp: caughtUp,
	})
	must(t, err)
	return list
}

func postEntries(t *testing.T, texts ...string) (list []transfer.Entry) {
	t.Helper()
	for _, text := range texts {
		e, err := transfer.Encode(guidOf(text[:1]), transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Public: true, Text: text})
		must(t, err)
		list = append(list, e)
	}
	return list
}

func TestReceiptsToSend(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			run := p.run(t, "aurora", "elsewhere").ID
			unsent := func() []transfer.Outcome {
				list, err := p.s.Unsent(t.Context(), run, 100)
				must(t, err)
				return list
			}
			writePosts(t, p, postEntries(t, "a", "b", "c"), false)
			first := unsent()
			if len(first) != 3 {
				t.Fatalf("%d to send, want 3", len(first))
			}
			writePosts(t, p, postEntries(t, "b2"), false)
			must(t, p.s.MarkSent(t.Context(), run, first))
			if list := unsent(); len(list) != 1 || list[0].GUID != guidOf("b") {
				t.Errorf("what changed while it was sent is not sent again: %v", list)
			}
			must(t, p.s.MarkSent(t.Context(), run, unsent()))
			writePosts(t, p, postEntries(t, "a", "c"), false)
			if list := unsent(); len(list) != 0 {
				t.Errorf("what came unchanged is sent again: %v", list)
			}
			must(t, p.s.MarkUnsent(t.Context(), run, []string{guidOf("c")}))
			if list := unsent(); len(list) != 1 || list[0].GUID != guidOf("c") || list[0].Result != transfer.Imported {
				t.Errorf("asked for again: %v", list)
			}
			must(t, p.s.MarkUnsent(t.Context(), run, nil))
			if list := unsent(); len(list) != 3 {
				t.Errorf("all asked for again: %v", list)
			}
		})
	}
}

func TestOutcomesInOrder(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			run := p.run(t, "aurora", "elsewhere").ID
			writePosts(t, p, append(postEntries(t, "a", "b", "c"), transfer.Entry{GUID: guidOf("d"), Unsendable: transfer.TextInvalid}), false)
			counts, err := p.s.Counts(t.Context(), run)
			must(t, err)
			want := []destination.Count{{Collection: transfer.Posts, Result: transfer.Failed, Items: 1}, {Collection: transfer.Posts, Result: transfer.Imported, Items: 3}}
			if !slices.Equal(counts, want) {
				t.Errorf("%v, want %v", counts, want)
			}
			var after transfer.Outcome
			for _, name := range []string{"a", "b", "c", "d"} {
				list, err := p.s.Outcomes(t.Context(), run, after, 1)
				must(t, err)
				if len(list) != 1 || list[0].GUID != guidOf(name) {
					t.Fatalf("%v, want %s", list, name)
				}
				after = list[0].Outcome
			}
			list, err := p.s.Outcomes(t.Context(), run, transfer.Outcome{}, 10, transfer.Failed, transfer.Skipped)
			must(t, err)
			if len(list) != 1 || list[0].Reason != transfer.TextInvalid {
				t.Errorf("failed: %v", list)
			}
		})
	}
}

func TestStartOver(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			run := p.run(t, "aurora", "elsewhere").ID
			writePosts(t, p, postEntries(t, "a", "b", "c", "d"), true)
			edited := "UPDATE posts SET text = 'edited', digest = 'other' WHERE guid = ?"
			must(t, p.s.DB(t.Context()).Exec(edited, guidOf("c")).Error)
			must(t, p.s.StartOver(t.Context(), run, transfer.Posts))
			if at, _ := p.Writer(t, "aurora", "elsewhere").Progress(t.Context(), transfer.Posts); at != "" {
				t.Errorf("the cursor is %q", at)
			}
			for _, o := range writePosts(t, p, postEntries(t, "a"), false) {
				if o.Result != transfer.Unchanged {
					t.Errorf("came again: %+v", o)
				}
			}
			if n := len(p.Items(t, "aurora", transfer.Posts)); n != 4 {
				t.Errorf("%d posts before the end, want 4", n)
			}
			writePosts(t, p, postEntries(t, "b"), true)
			var left []string
			for _, e := range p.Items(t, "aurora", transfer.Posts) {
				left = append(left, e.GUID)
			}
			slices.Sort(left)
			if want := []string{guidOf("a"), guidOf("b"), guidOf("c")}; !slices.Equal(left, want) {
				t.Errorf("after the end there are %v, want %v: what was not seen is gone, what was edited here stays", left, want)
			}
			came, _, err := p.Writer(t, "aurora", "elsewhere").Tally(t.Context())
			must(t, err)
			for _, tally := range came {
				if tally.Collection == transfer.Posts && tally.Count != 2 {
					t.Errorf("%d posts came, want 2", tally.Count)
				}
			}
		})
	}
}

func TestSweepBlobs(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			account := p.account(t, "aurora")
			used, unused := putBlob(t, p, "used"), putBlob(t, p, "unused")
			_, err := p.s.CreatePhoto(t.Context(), account, transfer.Photo{
				CreatedAt: transfer.TimeOf(day(1)), SHA256: used, Size: 4, Type: "image/png",
			})
			must(t, err)
			for _, step := range []struct {
				before time.Time
				gone   int
			}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}, {time.Now().Add(time.Hour), 0}} {
				n, err := p.s.SweepBlobs(t.Context(), p.blobs, step.before)
				must(t, err)
				if n != step.gone {
					t.Errorf("%d blobs went, want %d", n, step.gone)
				}
			}
			for sum, want := range map[transfer.Digest]bool{used: true, unused: false} {
				has, err := p.blobs.Has(t.Context(), string(sum))
				must(t, err)
				if has != want {
					t.Errorf("kept %v, want %v", has, want)
				}
			}
		})
	}
}
