package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// scoped is an account with a public and a limited post on each of four days,
// each with a photo, and photos that hang on nothing.
func scoped(t *testing.T, s *store.Store) (account int64) {
	t.Helper()
	a := newAccount(t, s, "aurora")
	for d := 1; d <= 4; d++ {
		for kind, public := range map[string]bool{"pub": true, "lim": false} {
			name := fmt.Sprint(kind, d)
			placePost(t, s, a, name, transfer.Post{CreatedAt: transfer.TimeOf(day(d)), Public: public, Photos: []string{guidOf("on" + name)}})
			placePhoto(t, s, a, "on"+name, public) // made in 1970
			must(t, s.Place(t.Context(), a.ID, guidOf("al"+name), transfer.Photo{
				CreatedAt: transfer.TimeOf(day(d)), Name: fileOf("al" + name), Public: public,
				SHA256: transfer.Sum(nil), Size: 1, Type: "image/png",
			}, fileOf("al"+name)))
		}
	}
	_, err := s.AddAspect(t.Context(), a.ID, transfer.Aspect{Name: "Family"})
	must(t, err)
	return a.ID
}

func names(entries []transfer.Entry) (list []string) {
	for _, e := range entries {
		list = append(list, strings.TrimLeft(strings.TrimPrefix(e.GUID, "guid-of-"), "0 "))
	}
	slices.Sort(list)
	return list
}

func TestScopes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		account := scoped(t, s)
		for name, c := range map[string]struct {
			scope         source.Scope
			posts, photos string
		}{
			"everything": {source.Scope{Limited: true}, "lim1 lim2 lim3 lim4 pub1 pub2 pub3 pub4",
				"allim1 allim2 allim3 allim4 alpub1 alpub2 alpub3 alpub4 onlim1 onlim2 onlim3 onlim4 onpub1 onpub2 onpub3 onpub4"},
			"no limited posts and nothing only they use": {source.Scope{}, "pub1 pub2 pub3 pub4",
				"alpub1 alpub2 alpub3 alpub4 onpub1 onpub2 onpub3 onpub4"},
			"from one day until before another, photos by their posts": {source.Scope{Limited: true, Since: day(2), Until: day(4)},
				"lim2 lim3 pub2 pub3", "allim2 allim3 alpub2 alpub3 onlim2 onlim3 onpub2 onpub3"},
			"both": {source.Scope{Since: day(4)}, "pub4", "alpub4 onpub4"},
		} {
			t.Run(name, func(t *testing.T) {
				c.scope.Account = account
				for collection, want := range map[transfer.Collection]string{transfer.Posts: c.posts, transfer.Photos: c.photos} {
					got := entriesOf(t, s, c.scope, collection)
					if strings.Join(names(got), " ") != want {
						t.Errorf("%s: %v, want %s", collection, names(got), want)
					}
					plan, err := s.Measure(t.Context(), c.scope, collection)
					must(t, err)
					bytes := 0
					for _, e := range got {
						bytes += len(e.Item)
					}
					if plan.Count != int64(len(got)) || plan.Bytes != int64(bytes) || (plan.ContentBytes > 0) != (collection == transfer.Photos) {
						t.Errorf("%s: planned %+v of %d items in %d bytes", collection, plan, len(got), bytes)
					}
				}
				if n := len(entriesOf(t, s, c.scope, transfer.Aspects)); n != 1 {
					t.Errorf("%d aspects: other collections are whole", n)
				}
			})
		}
		t.Run("gives content of photos in scope only", func(t *testing.T) {
			for name, there := range map[string]bool{"onpub1": true, "alpub1": true, "onlim1": false, "allim1": false, "never": false} {
				_, err := s.Content(t.Context(), source.Scope{Account: account}, guidOf(name))
				if (err == nil) != there || (!there && transfer.CodeOf(err) != transfer.NotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	})
}

func TestDeletions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		account := scoped(t, s)
		start, _, err := s.Mark(t.Context(), account)
		must(t, err)
		for _, name := range []string{"pub1", "lim1", "pub3"} {
			must(t, s.DeletePost(t.Context(), account, guidOf(name)))
		}
		t.Run("are refused of what is not there", func(t *testing.T) {
			if err := s.DeletePost(t.Context(), account, guidOf("pub1")); !errors.Is(err, pod.ErrHidden) {
				t.Errorf("%v", err)
			}
		})
		for name, c := range map[string]struct {
			scope         source.Scope
			posts, photos string
		}{
			"are told with the photos":                      {source.Scope{Limited: true}, "lim1 pub1 pub3", "onlim1 onpub1 onpub3"},
			"of limited posts are not told without limited": {source.Scope{}, "pub1 pub3", "onpub1 onpub3"},
			"are told within the dates":                     {source.Scope{Limited: true, Since: day(2)}, "pub3", "onpub3"},
		} {
			t.Run(name, func(t *testing.T) {
				c.scope.Account = account
				for collection, want := range map[transfer.Collection]string{transfer.Posts: c.posts, transfer.Photos: c.photos} {
					list := changesOf(t, s, c.scope, collection, start, 0)
					gone := []transfer.Entry{}
					for _, change := range list {
						if change.Entry.Deleted {
							gone = append(gone, change.Entry)
						}
					}
					if got := strings.Join(names(gone), " "); got != want || len(list) != len(gone) {
						t.Errorf("%s: gone are %s, want %s", collection, got, want)
					}
					if list := changesOf(t, s, c.scope, collection, 0, math.MaxInt64); slices.ContainsFunc(list, func(c source.Change) bool { return c.Entry.Deleted }) {
						t.Errorf("%s: a reader from nothing heard of deletions", collection)
					}
				}
				c.scope.Collections = transfer.Collections()
				changed, err := s.ChangedSince(t.Context(), c.scope, start, 100)
				must(t, err)
				if len(changed) != len(strings.Fields(c.posts))*2 {
					t.Errorf("changed since: %v", changed)
				}
			})
		}
	})
}

// TestUnsendable writes rows as another program might.
func TestUnsendable(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite) // PostgreSQL stores no such text
	a := newAccount(t, s, "aurora")
	for _, name := range []string{"good", "nul", "half", "changed"} {
		placePost(t, s, a, name, transfer.Post{Public: true, Text: name})
	}
	for name, text := range map[string]string{"nul": "a\x00b", "half": "a\xed\xa0\x80b", "changed": "past the program"} {
		must(t, s.DB(t.Context()).Exec("UPDATE posts SET text = ? WHERE guid = ?", text, guidOf(name)).Error)
	}
	sc, known := source.Scope{Account: a.ID}, told{}
	for range 2 {
		list := changesOf(t, s, sc, transfer.Posts, 0, 0)
		if len(list) != 4 {
			t.Fatalf("%d entries, want 4", len(list))
		}
		for _, change := range list {
			bad := change.Entry.GUID == guidOf("nul") || change.Entry.GUID == guidOf("half")
			if (change.Entry.Unsendable == transfer.TextInvalid) != bad {
				t.Errorf("%+v", change.Entry)
			}
		}
		known.follow(t, list)
		wantManifest(t, s, sc, transfer.Posts, known)
	}
	if guids := slices.Sorted(maps.Keys(known)); len(guids) != 2 {
		t.Errorf("sendable are %v", guids)
	}
}

func TestPageBounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAccount(t, s, "aurora")
		for i := range 5 {
			placePost(t, s, a, fmt.Sprint(i), transfer.Post{Public: true, Text: strings.Repeat("x", 10_000)})
		}
		audience := make([]string, 19_000)
		for i := range audience {
			audience[i] = fmt.Sprintf("%05d@%s.example", i, strings.Repeat("x", 170))
		}
		placePost(t, s, a, "wide", transfer.Post{Audience: audience[:1000]})
		for name, c := range map[string]struct{ limit, bytes, want int }{
			"obeys the limit":                   {3, 1 << 20, 3},
			"obeys the bytes":                   {100, 35_000, 3},
			"gives one however large":           {100, 10, 1},
			"says that there is no more at all": {100, 1 << 20, 6},
		} {
			t.Run(name, func(t *testing.T) {
				page, more, err := s.Changes(t.Context(), source.Scope{Account: a.ID, Limited: true}, transfer.Posts, 0, 0, c.limit, c.bytes)
				must(t, err)
				if len(page) != c.want || more != (c.want < 6) {
					t.Errorf("%d entries, more %v, want %d", len(page), more, c.want)
				}
			})
		}
		t.Run("does not send what no page can hold", func(t *testing.T) {
			var last int64
			must(t, s.DB(t.Context()).Raw("SELECT seq FROM accounts WHERE id = ?", a.ID).Scan(&last).Error)
			long := make([]string, len(audience))
			for i := range long {
				long[i] = fmt.Sprintf("%s%05d@%s.example", strings.Repeat("y", 59), i, strings.Repeat("x", 171))
			}
			placePost(t, s, a, "vast", transfer.Post{Audience: long})
			page, _, err := s.Changes(t.Context(), source.Scope{Account: a.ID, Limited: true}, transfer.Posts, last, 0, 10, 1<<20)
			must(t, err)
			if len(page) != 1 || page[0].Entry.Unsendable != transfer.TooLarge {
				t.Errorf("%d entries", len(page))
			}
		})
	})
}
