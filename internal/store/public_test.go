package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

// guidOf and fileOf name items of these tests.
func guidOf(name string) string { return fmt.Sprintf("guid-of-%08s", name) }
func fileOf(name string) string { return fmt.Sprintf("%016s.png", name) }

func placePost(t *testing.T, s *store.Store, a pod.Account, name string, p transfer.Post) {
	t.Helper()
	if p.CreatedAt == "" {
		p.CreatedAt = transfer.TimeOf(time.UnixMilli(1000))
	}
	must(t, s.Place(t.Context(), a.ID, guidOf(name), p, ""))
}

func placePhoto(t *testing.T, s *store.Store, a pod.Account, name string, public bool) {
	t.Helper()
	must(t, s.Place(t.Context(), a.ID, guidOf(name), transfer.Photo{
		CreatedAt: transfer.TimeOf(time.UnixMilli(1000)), Name: fileOf(name), Public: public,
		SHA256: transfer.Sum([]byte(name)), Size: 1, Type: "image/png",
	}, fileOf(name)))
}

func TestVisibility(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, b, c := newAccount(t, s, "aurora"), newAccount(t, s, "boreal"), newAccount(t, s, "cirrus")
		friend := []string{"boreal@pod.example"}
		placePost(t, s, a, "public", transfer.Post{Public: true, Photos: []string{guidOf("onpublic"), guidOf("onboth")}})
		placePost(t, s, a, "limited", transfer.Post{Audience: friend, Photos: []string{guidOf("onlimit"), guidOf("onboth")}})
		placePost(t, s, a, "private", transfer.Post{Photos: []string{guidOf("onpriv")}})
		for name, public := range map[string]bool{
			"onpublic": false, "onboth": false, "onlimit": true, "onpriv": true, "loose": true, "hidden": false,
		} {
			placePhoto(t, s, a, name, public)
		}
		viewers := []pod.Viewer{
			{}, {Account: b.ID, ID: "boreal@pod.example"}, {Account: c.ID, ID: "cirrus@pod.example"}, {Account: a.ID, ID: "aurora@pod.example"},
		}
		for name, want := range map[string][4]bool{ // stranger, named, another, author
			"public":  {true, true, true, true},
			"limited": {false, true, false, true},
			"private": {false, false, false, true},
			"unknown": {},
		} {
			for i, v := range viewers {
				p, err := s.VisiblePost(t.Context(), pod.PostKey{GUID: guidOf(name)}, v)
				if got := err == nil; got != want[i] || (!got && !errors.Is(err, pod.ErrHidden)) {
					t.Errorf("post %s, viewer %d: %v", name, i, err)
				}
				if err != nil {
					continue
				}
				again, err := s.VisiblePost(t.Context(), pod.PostKey{Number: p.Number}, v)
				if err != nil || again.GUID != p.GUID || p.Account != a.ID {
					t.Errorf("post %d: %v %v", p.Number, again, err)
				}
			}
		}
		for name, want := range map[string][4]bool{
			"onpublic": {true, true, true, true},
			"onboth":   {true, true, true, true}, // as visible as the most visible post
			"onlimit":  {false, true, false, true},
			"onpriv":   {false, false, false, true}, // its own "public" does not count
			"loose":    {true, true, true, true},
			"hidden":   {false, false, false, true},
			"unknown":  {},
		} {
			for i, v := range viewers {
				p, err := s.VisiblePhoto(t.Context(), fileOf(name), v)
				if got := err == nil; got != want[i] || (!got && !errors.Is(err, pod.ErrHidden)) {
					t.Errorf("photo %s, viewer %d: %v", name, i, err)
				}
				list, err := s.VisiblePhotos(t.Context(), a.ID, []string{guidOf(name)}, v)
				if err != nil || (len(list) == 1) != want[i] || (want[i] && (list[0] != p || p.GUID != guidOf(name))) {
					t.Errorf("photos %s, viewer %d: %v %v", name, i, list, err)
				}
			}
		}
	})
}

func TestVisiblePosts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, b := newAccount(t, s, "aurora"), newAccount(t, s, "boreal")
		var all, public []string // oldest first; three of each moment
		for i := range 12 {
			name := fmt.Sprintf("p%02d", i)
			placePost(t, s, a, name, transfer.Post{Public: i%2 == 0, CreatedAt: transfer.TimeOf(time.UnixMilli(int64(5000 + i/3)))})
			all = append(all, guidOf(name))
			if i%2 == 0 {
				public = append(public, guidOf(name))
			}
		}
		placePost(t, s, b, "other", transfer.Post{Public: true})
		slices.Reverse(all)
		slices.Reverse(public)
		for name, c := range map[string]struct {
			viewer pod.Viewer
			want   []string
		}{
			"lists what is public to a stranger": {pod.Viewer{}, public},
			"lists everything to its author":     {pod.Viewer{Account: a.ID}, all},
		} {
			t.Run(name, func(t *testing.T) {
				var got []string
				var after pod.Mark
				for range 10 {
					list, err := s.VisiblePosts(t.Context(), a.ID, c.viewer, after, 5)
					must(t, err)
					for _, p := range list {
						got = append(got, p.GUID)
						after = pod.Mark{At: p.Item.CreatedAt.Time(), Number: p.Number}
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%v, want %v", got, c.want)
				}
			})
		}
	})
}

func TestRewrite(t *testing.T) {
	const old, here = "https://old.example", "https://new.example"
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a, b := newAccount(t, s, "aurora"), newAccount(t, s, "boreal")
		placePost(t, s, a, "kept", transfer.Post{Public: true})
		placePost(t, s, a, "renamed", transfer.Post{Public: true})
		placePost(t, s, a, "own", transfer.Post{Public: true})
		placePhoto(t, s, a, "photo", true)
		must(t, s.Place(t.Context(), a.ID, guidOf("moved"), transfer.Photo{
			CreatedAt: transfer.TimeOf(time.UnixMilli(1000)), Name: fileOf("oldname"), SHA256: transfer.Sum(nil), Size: 1, Type: "image/png",
		}, fileOf("newname")))
		arrive := func(account pod.Account, issuer, source string, c transfer.Collection, guid, local string) {
			must(t, s.DB(t.Context()).Exec(`INSERT INTO arrivals (account_id, issuer, source_account, collection, guid, run, digest, outcome, local_guid)
				VALUES (?, ?, ?, ?, ?, 'run', '', 'imported', ?)`, account.ID, issuer, source, c, guid, local).Error)
		}
		arrive(a, old, "sub", transfer.Posts, guidOf("kept"), guidOf("kept"))
		arrive(a, "https://older.example", "a@older.example", transfer.Posts, guidOf("foreign"), guidOf("renamed"))
		arrive(a, old, "sub", transfer.Posts, guidOf("undone"), guidOf("undone"))
		arrive(a, old, "sub", transfer.Photos, guidOf("photo"), guidOf("photo"))
		arrive(a, old, "sub", transfer.Photos, guidOf("moved"), guidOf("moved"))

		tests := map[string]string{
			old + "/posts/" + guidOf("kept"):                                        here + "/posts/" + guidOf("kept"),
			old + "/posts/" + guidOf("kept") + "#" + guidOf("comment"):              here + "/posts/" + guidOf("kept"),
			"https://older.example/posts/" + guidOf("foreign"):                      here + "/posts/" + guidOf("renamed"),
			old + "/uploads/images/" + fileOf("photo"):                              here + "/uploads/images/" + fileOf("photo"),
			old + "/uploads/images/scaled_full_" + fileOf("oldname"):                here + "/uploads/images/scaled_full_" + fileOf("newname"),
			old + "/posts/" + guidOf("foreign"):                                     "", // came from elsewhere
			old + "/posts/" + guidOf("own"):                                         "", // never came
			old + "/posts/" + guidOf("undone"):                                      "", // came and is gone
			old + ".evil.example/posts/" + guidOf("kept"):                           "",
			"http://old.example/posts/" + guidOf("kept"):                            "",
			old + "/posts/" + guidOf("kept") + "/x":                                 "",
			old + "/uploads/images/%ff":                                             "",
			old + "/uploads/images/../" + fileOf("photo"):                           "",
			old + "/people/" + a.GUID:                                               "",
			"https://third.example/posts/" + guidOf("kept") + "?" + old + "/posts/": "",
		}
		rewrite, err := s.Rewrite(t.Context(), a.ID, here)
		must(t, err)
		for address, want := range tests {
			if want == "" {
				want = address
			}
			if got := rewrite(address); got != want {
				t.Errorf("%s is shown as %s, want %s", address, got, want)
			}
		}
		t.Run("knows nothing of another account's move", func(t *testing.T) {
			rewrite, err := s.Rewrite(t.Context(), b.ID, here)
			must(t, err)
			if address := old + "/posts/" + guidOf("kept"); rewrite(address) != address {
				t.Errorf("%s is shown as %s", address, rewrite(address))
			}
		})
	})
}
