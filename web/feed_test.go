package web

import (
	"encoding/xml"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

func TestFeed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		photo, _ := h.photo(40)
		h.post(transfer.Post{Text: "between us", Audience: []string{"boreal@pod.example"}, CreatedAt: transfer.TimeOf(time.UnixMilli(9e12))})
		for i := range 30 {
			h.post(transfer.Post{Public: true, Text: "a & b <c> \u2028 \v number " + strconv.Itoa(i), CreatedAt: transfer.TimeOf(time.UnixMilli(int64(1e12 + i*1000)))})
		}
		h.post(transfer.Post{Public: true, Photos: []string{photo.GUID}, Root: &transfer.Root{Author: "zoe@far.example", GUID: "0123456789abcdef"}, CreatedAt: transfer.TimeOf(time.UnixMilli(2e12))})

		w := h.as("aurora", "/public/aurora.atom")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		if stranger := h.as("", "/public/aurora.atom"); stranger.Body.String() != w.Body.String() {
			t.Error("the feed differs by who reads it")
		}
		var feed atomFeed
		h.must(xml.Unmarshal(w.Body.Bytes(), &feed))
		if len(feed.Entries) != feedSize || feed.ID != houseOrigin+"/public/aurora.atom" || feed.Updated != "2033-05-18T03:33:20Z" {
			t.Errorf("%d entries, id %s, updated %s", len(feed.Entries), feed.ID, feed.Updated)
		}
		if c := feed.Entries[0].Content.Text; !strings.Contains(c, `<a href="https://far.example/posts/0123456789abcdef">`) || !strings.Contains(c, houseOrigin+"/uploads/images/"+photo.File) {
			t.Errorf("the reshare shows %s", c)
		}
		ids := maps.Collect(func(yield func(string, bool) bool) {
			for _, e := range feed.Entries {
				if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || e.Title == "" || !yield(e.ID, true) {
					t.Errorf("entry %+v", e)
				}
			}
		})
		if len(ids) != feedSize || strings.Contains(w.Body.String(), "between us") {
			t.Errorf("%d ids, or a limited post", len(ids))
		}
	})
}
