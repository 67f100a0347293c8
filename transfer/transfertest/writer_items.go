package transfertest

import (
	"encoding/json"
	"strings"
	"testing"

	"podmove/transfer"
)

// entry encodes an item that is right.
func entry(t *testing.T, guid string, item transfer.Item) transfer.Entry {
	t.Helper()
	return must(transfer.Encode(guid, item))(t)
}

// spelled is an entry of bytes that need not be an item.
func spelled(guid, item string) transfer.Entry {
	return transfer.Entry{GUID: guid, Digest: transfer.Sum([]byte(item)), Item: json.RawMessage(item)}
}

func writerUpdates(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	Fill(t, w, f)
	guid, old := f.postGUID(9), Items[transfer.Post](t, f)[f.postGUID(9)] // has a poll
	later := []transfer.Entry{
		entry(t, guid, transfer.Post{CreatedAt: old.CreatedAt, Audience: []string{"friend9@pod.example"}, Photos: []string{f.postGUID(0)}, Text: "after all"}),
		entry(t, guid, old),
	}
	for _, e := range later {
		if o := write(t, w, transfer.Posts, e)[guid]; o.Result != transfer.Imported || o.Digest != e.Digest {
			t.Errorf("later bytes: %+v, want imported", o)
		}
		sameEntries(t, "the post", only(pod.Items(t, "here", transfer.Posts), guid), []transfer.Entry{e})
	}
}

func writerFailsAlone(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	good := f.Entries[transfer.Posts][:2]
	const when = `"created_at":"2012-03-01T22:48:44.000Z"`
	bad := map[string]transfer.Entry{
		"a member that is unknown":     spelled(GUID("bad", "", "1"), `{"author":"me",`+when+`,"public":true}`),
		"a member that is missing":     spelled(GUID("bad", "", "2"), `{"public":true}`),
		"a member that is left away":   spelled(GUID("bad", "", "3"), `{`+when+`,"public":true,"text":""}`),
		"a member of the wrong type":   spelled(GUID("bad", "", "4"), `{`+when+`,"public":"yes"}`),
		"text beyond the bound":        spelled(GUID("bad", "", "5"), `{`+when+`,"public":true,"text":"`+strings.Repeat("x", transfer.MaxText+1)+`"}`),
		"a guid that is none":          spelled("../../../../../etc/passwd", `{`+when+`,"public":true}`),
		"what the source cannot send":  {GUID: GUID("bad", "", "6"), Unsendable: transfer.TextInvalid},
		"an unsendable with a bad one": {GUID: "short", Unsendable: transfer.GUIDInvalid},
	}
	entries := []transfer.Entry{good[0]}
	for _, e := range bad {
		entries = append(entries, e)
	}
	outcomes := write(t, w, transfer.Posts, append(entries, good[1])...)
	for why, e := range bad {
		if o := outcomes[e.GUID]; o.Result != transfer.Failed || o.Reason == "" || (e.Unsendable != "" && o.Reason != e.Unsendable) {
			t.Errorf("%s: %+v, want failed with the reason", why, o)
		}
	}
	for _, e := range good {
		if o := outcomes[e.GUID]; o.Result != transfer.Imported {
			t.Errorf("a good item beside bad ones: %+v", o)
		}
	}
	sameEntries(t, transfer.Posts, pod.Items(t, "here", transfer.Posts), good)
}

func writerDeletes(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	Fill(t, w, f)
	own := pod.Author(t, "here", transfer.Aspect{Name: "made here"})
	for _, c := range []transfer.Collection{transfer.Contacts, transfer.Aspects, transfer.Posts, transfer.Photos} {
		before := len(pod.Items(t, "here", c))
		gone := f.Entries[c][0].GUID
		if o := write(t, w, c, transfer.Entry{GUID: gone, Deleted: true})[gone]; o.Result != transfer.Removed {
			t.Errorf("%s: a deletion: %+v, want removed", c, o)
		}
		left := pod.Items(t, "here", c)
		if len(left) != before-1 || len(only(left, gone)) != 0 {
			t.Errorf("%s: %d items after a deletion, %d before", c, len(left), before)
		}
		write(t, w, c, transfer.Entry{GUID: gone, Deleted: true}, transfer.Entry{GUID: GUID(c, "", "never was"), Deleted: true})
	}
	write(t, w, transfer.Aspects, transfer.Entry{GUID: own, Deleted: true})
	if len(only(pod.Items(t, "here", transfer.Aspects), own)) != 1 {
		t.Error("a deletion from elsewhere took an aspect that the person made here")
	}
}

func writerTallies(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	pod.Author(t, "here", transfer.Post{CreatedAt: madeTime(0), Public: true, Text: "made here, so it came from nowhere"})
	Fill(t, w, f)
	refused := spelled(GUID("bad", "", "1"), `{"public":true}`)
	write(t, w, transfer.Posts, refused, transfer.Entry{GUID: GUID("bad", "", "2"), Unsendable: transfer.TextInvalid}, transfer.Entry{GUID: f.postGUID(0), Deleted: true})
	sums := must2(w.Tally(t.Context()))(t)
	for _, c := range transfer.Collections() {
		came, arrived := f.Entries[c], f.Entries[c]
		if c == transfer.Posts {
			arrived = arrived[1:]
			came = append([]transfer.Entry{refused}, arrived...)
		}
		if got, want := tallyOf(t, sums.came, c), tally(c, came); got != want {
			t.Errorf("came %+v, want %+v", got, want)
		}
		if got, want := tallyOf(t, sums.arrived, c), tally(c, arrived); got != want {
			t.Errorf("arrived %+v, want %+v", got, want)
		}
	}
}

func only(entries []transfer.Entry, guid string) (list []transfer.Entry) {
	for _, e := range entries {
		if e.GUID == guid {
			list = append(list, e)
		}
	}
	return list
}

// sums are the two answers of Tally.
type sums struct{ came, arrived []transfer.Tally }

func must2(came, arrived []transfer.Tally, err error) func(t *testing.T) sums {
	return func(t *testing.T) sums {
		t.Helper()
		check(t, err)
		return sums{came, arrived}
	}
}

// tallyOf finds the tally of c; one that is not there is that of nothing.
func tallyOf(t *testing.T, list []transfer.Tally, c transfer.Collection) transfer.Tally {
	t.Helper()
	for _, tally := range list {
		if tally.Collection == c {
			return tally
		}
	}
	return transfer.NewTallier(c).Tally()
}
