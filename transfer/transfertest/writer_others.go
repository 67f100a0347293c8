package transfertest

import (
	"testing"

	"podmove/transfer"
)

// writerAvoidsOthers fills two accounts of one pod with the same items
// (Protocol §3.8).
func writerAvoidsOthers(t *testing.T, pod Pod) {
	f := Made(Aurora)
	Fill(t, pod.Writer(t, "first", Aurora), f)
	outcomes := Fill(t, pod.Writer(t, "second", "aurora@elsewhere.example"), f)
	for _, c := range transfer.Collections() {
		for _, e := range f.Entries[c] {
			if o := outcomes[e.GUID]; o.Result != transfer.Imported {
				t.Errorf("%s: %+v, want imported", c, o)
			}
			addressed := c == transfer.Posts || c == transfer.Photos
			if o := outcomes[e.GUID]; addressed != (o.URL != "") {
				t.Errorf("%s: %s has the explicit address %q", c, e.GUID, o.URL)
			}
		}
		sameItems(t, c, pod.Items(t, "second", c), f.Entries[c])
		if c != transfer.Profiles {
			sameEntries(t, c, pod.Items(t, "first", c), f.Entries[c])
		}
	}
	for guid, o := range Fill(t, pod.Writer(t, "second", "aurora@elsewhere.example"), f) {
		if o.Result != transfer.Unchanged || o.URL != outcomes[guid].URL {
			t.Errorf("%s came again: %+v, want unchanged at the same address", guid, o)
		}
	}
}

// sameItems wants the same items under whatever guids.
func sameItems(t *testing.T, c transfer.Collection, got, want []transfer.Entry) {
	t.Helper()
	counts := map[transfer.Digest]int{}
	for _, e := range got {
		counts[e.Digest]++
	}
	for _, e := range want {
		counts[e.Digest]--
	}
	for digest, n := range counts {
		if n != 0 {
			t.Errorf("%s: %d too many of the item %.12s", c, n, digest)
		}
	}
}

// writerSparesOwn brings items that collide with what the person made here
// (Protocol §3.8, §3.9).
func writerSparesOwn(t *testing.T, pod Pod) {
	w := pod.Writer(t, "here", Aurora)
	when := madeTime(0)
	pod.Author(t, "here", transfer.Profile{FirstName: "I was here", Searchable: true})
	pod.Author(t, "here", transfer.Block{ID: "troll@bad.example"})
	aspect := pod.Author(t, "here", transfer.Aspect{Name: "Family"})
	pod.Author(t, "here", transfer.Contact{ID: "friend1@pod.example", Aspects: []string{aspect}, Receiving: true})
	post := pod.Author(t, "here", transfer.Post{CreatedAt: when, Public: true, Text: "mine"})
	own := map[transfer.Collection][]transfer.Entry{}
	for _, c := range transfer.Collections() {
		own[c] = pod.Items(t, "here", c)
	}

	foreign := GUID("foreign", "", "1")
	for _, step := range []struct {
		what   string
		guid   string
		item   transfer.Item
		result transfer.Result
		reason transfer.Code
		added  int
	}{
		{"a profile", foreign, transfer.Profile{FirstName: "Aurora"}, transfer.Skipped, transfer.KeptHere, 0},
		{"a block of the same person", foreign, transfer.Block{ID: "troll@bad.example"}, transfer.Unchanged, "", 0},
		{"an aspect with the guid of one here", aspect, transfer.Aspect{Name: "Theirs"}, transfer.Failed, transfer.GUIDTaken, 0},
		{"an aspect with the name of one here", foreign, transfer.Aspect{Name: "Family"}, transfer.Imported, "", 1},
		{"a contact with the same person", foreign, transfer.Contact{ID: "friend1@pod.example"}, transfer.Unchanged, "", 0},
		{"a post with the guid of one here", post, transfer.Post{CreatedAt: when, Public: true, Text: "theirs"}, transfer.Imported, "", 1},
	} {
		c := step.item.Collection()
		o := write(t, w, c, entry(t, step.guid, step.item))[step.guid]
		if o.Result != step.result || o.Reason != step.reason {
			t.Errorf("%s: %+v, want %s %s", step.what, o, step.result, step.reason)
		}
		now := pod.Items(t, "here", c)
		if len(now) != len(own[c])+step.added {
			t.Errorf("%s: %d items, want %d", step.what, len(now), len(own[c])+step.added)
		}
		if step.result == transfer.Unchanged { // and the source deletes its own later
			write(t, w, c, transfer.Entry{GUID: step.guid, Deleted: true})
			now = pod.Items(t, "here", c)
		}
		for _, e := range own[c] {
			sameEntries(t, c, only(now, e.GUID), []transfer.Entry{e})
		}
	}
}
