package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"podmove/internal/demo"
	"podmove/transfer"
)

// TestMove is the whole way of an account, through forms: everything arrives,
// old links lead to it, and when the person wants to wait no longer the old
// copies go.
func TestMove(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		s, from, to := newStory(t, dialect, "sample", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s")
		start(t, from, to)
		limited := limitedAddresses(t, s, from)
		before := from.holding(t, s.Name)
		limited.look(t, "before the move")
		tell(t, s.Begin)
		limited.look(t, "during the copy")
		tell(t, s.Watch)
		sameItems(t, before, to.holding(t, s.Name))
		tell(t, s.FollowLinks)
		limited.look(t, "while old links lead to the new pod")
		t.Run("refuses to give an account that has moved", func(t *testing.T) {
			w := to.signUp(t, "late")
			unchanged(t, w, from, s.Name, func() {
				page := w.consent(t, s.ID(s.Old), s.Name)
				says(t, page, "moved to "+s.ID(s.New))
				says(t, w.decide(t, page, "allow"), "moved to "+s.ID(s.New))
			})
		})
		tell(t, s.EraseNow)
		tell(t, s.WaitForErasing)
		limited.look(t, "after erasing")
		if after := from.holding(t, s.Name); after.Items[transfer.Posts].Count+after.Items[transfer.Photos].Count > 0 {
			t.Errorf("after erasing there is still %s", after)
		}
		sameItems(t, before, to.holding(t, s.Name))
		for _, p := range s.Report.Problems {
			t.Error(p)
		}
	})
}

// newStory is a move of the sample account, of which some addresses are enough
// to follow.
func newStory(t *testing.T, dialect, name string, settings ...string) (s *demo.Story, from, to *testPod) {
	t.Helper()
	from, to = newPod(t, dialect, settings...), newPod(t, dialect, settings...)
	return tale(t, name, 1, from, to), from, to
}

// tale is the beginning of a story: the account is there, its pods are not up.
func tale(t *testing.T, name string, seed uint64, from, to *testPod) *demo.Story {
	t.Helper()
	facts := makeAccount(t, name, seed)
	truth, err := demo.ReadTruth(facts.Archive, facts.Photos)
	if err != nil {
		t.Fatal(err)
	}
	truth.Posts, truth.Photos = truth.Posts[200:260], truth.Photos[:5]
	from.addAccount(t, name)
	from.execute(t, "", "import", "--account", name, facts.Archive, facts.Photos)
	return &demo.Story{Old: from.Process, New: to.Process, Truth: truth, Name: name, Tell: demo.NewTeller(io.Discard)}
}

// sameItems compares the items, byte for byte, by count and digest. The
// profile's guid is not the same at both ends.
func sameItems(t *testing.T, want, got holding) {
	t.Helper()
	for _, c := range transfer.Collections()[1:] {
		if want.Items[c] != got.Items[c] {
			t.Errorf("of %s, %d are here and not %d, or they differ", c, got.Items[c].Count, want.Items[c].Count)
		}
	}
}

// hiddenAddresses are addresses of what is limited, each with one of the same
// shape that nothing ever had.
type hiddenAddresses [][2]string

func limitedAddresses(t *testing.T, s *demo.Story, from *testPod) (list hiddenAddresses) {
	t.Helper()
	const guid, number, file = "00000000000000000000000000000000", "999999", "00000000000000000000.png"
	owner := from.signIn(t, s.Name)
	for _, p := range s.Truth.Posts {
		if p.Public {
			continue
		}
		var post struct {
			ID     int64 `json:"id"`
			Public bool  `json:"public"`
		}
		page := owner.open(t, from.URL+"/posts/"+p.GUID+".json")
		if err := json.Unmarshal(page.Body, &post); err != nil || post.ID == 0 || post.Public {
			t.Fatalf("the owner sees of a limited post: %d %s", page.Status, page.Body)
		}
		for _, form := range []string{"", ".json", ".mobile"} {
			list = append(list, [2]string{"/posts/" + p.GUID + form, "/posts/" + guid + form})
			list = append(list, [2]string{fmt.Sprintf("/p/%d%s", post.ID, form), "/p/" + number + form})
		}
		break
	}
	for _, p := range s.Truth.Photos {
		for _, variant := range []string{"", "thumb_small_", "thumb_medium_", "thumb_large_", "scaled_full_"} {
			if !p.Public {
				list = append(list, [2]string{"/uploads/images/" + variant + p.Name, "/uploads/images/" + variant + file})
			}
		}
	}
	for i := range list {
		list[i] = [2]string{from.URL + list[i][0], from.URL + list[i][1]}
	}
	if len(list) < 11 {
		t.Fatalf("there are only %d limited addresses", len(list))
	}
	return list
}

// look compares what a stranger gets, byte for byte.
func (list hiddenAddresses) look(t *testing.T, when string) {
	t.Helper()
	for _, pair := range list {
		limited, unknown := peek(t, pair[0]), peek(t, pair[1])
		if limited.Status != http.StatusNotFound || limited.Status != unknown.Status || !bytes.Equal(limited.Body, unknown.Body) || fmt.Sprint(limited.Header) != fmt.Sprint(unknown.Header) {
			t.Errorf("%s, %s does not answer as %s: %d %v %.300s", when, pair[0], pair[1], limited.Status, limited.Header, limited.Body)
		}
	}
}

// peek is what a stranger gets, but for the time of it.
func peek(t *testing.T, address string) *demo.Page {
	t.Helper()
	page, err := demo.NewBrowser().Peek(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	page.Header.Del("Date")
	return page
}
