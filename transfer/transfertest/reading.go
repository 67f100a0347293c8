package transfertest

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"podmove/transfer"
)

// readAll reads a collection from nothing until it has caught up, and holds
// each page to the rules of Protocol §4.2.
func readAll(t *testing.T, r transfer.Reader, c transfer.Collection, limit int) []transfer.Entry {
	t.Helper()
	var all []transfer.Entry
	var after transfer.Cursor
	through := int64(-1)
	for range 10_000 {
		p := must(r.Page(t.Context(), c, after, limit))(t)
		checkPage(t, p, c, limit)
		if idle := p.CaughtUp && len(p.Entries) == 0; !idle && (p.Through <= through || p.Next == after) {
			t.Fatalf("%s: the cursor does not advance: through %d after %d", c, p.Through, through)
		}
		all = append(all, p.Entries...)
		if p.CaughtUp {
			return all
		}
		after, through = p.Next, p.Through
	}
	t.Fatalf("%s: never caught up", c)
	return nil
}

func checkPage(t *testing.T, p transfer.Page, c transfer.Collection, limit int) {
	t.Helper()
	if p.Collection != c || len(p.Entries) > limit || p.Next == "" || len(p.Next) > 512 {
		t.Fatalf("a page of %s, limit %d: it is of %s, has %d entries and the next cursor %q", c, limit, p.Collection, len(p.Entries), p.Next)
	}
	for _, e := range p.Entries {
		if err := e.CheckWire(); err != nil {
			t.Fatalf("%s: an entry that breaks the rules of the wire: %v", c, err)
		}
	}
}

func readerGivesContent(t *testing.T, r transfer.Reader, f Fixture) {
	for guid, want := range f.Content {
		for _, from := range []int64{0, 1, int64(len(want)) / 2, int64(len(want)) - 1} {
			body, err := r.Content(t.Context(), guid, from)
			if err != nil {
				t.Fatalf("the content of %s from %d: %v", guid, from, err)
			}
			got, err := io.ReadAll(body)
			check(t, err)
			check(t, body.Close())
			if !bytes.Equal(got, want[from:]) {
				t.Errorf("the content of %s from %d: %d bytes that are not those %d", guid, from, len(got), int64(len(want))-from)
			}
		}
	}
}

// sameEntries wants the same items under the same guids, in any order.
func sameEntries(t *testing.T, c transfer.Collection, got, want []transfer.Entry) {
	t.Helper()
	got, want = byGUID(got), byGUID(want)
	if len(got) != len(want) {
		t.Errorf("%s: %d entries, want %d", c, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].GUID != want[i].GUID || !bytes.Equal(got[i].Item, want[i].Item) || got[i].Digest != want[i].Digest {
			t.Errorf("%s: got  %s %.300s\nwant %s %.300s", c, got[i].GUID, got[i].Item, want[i].GUID, want[i].Item)
			return
		}
	}
}

func byGUID(entries []transfer.Entry) []transfer.Entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b transfer.Entry) int { return strings.Compare(a.GUID, b.GUID) })
}

// tally sums up entries (Protocol §4.7).
func tally(c transfer.Collection, entries []transfer.Entry) transfer.Tally {
	sum := transfer.NewTallier(c)
	for _, e := range byGUID(entries) {
		sum.Add(e.GUID, e.Digest)
	}
	return sum.Tally()
}

// must gives the value of a call that may not fail: must(f())(t).
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
