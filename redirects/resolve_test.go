package redirects_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/transfertest"
)

func (w *world) resolve(a redirects.Address) (redirects.Answer, bool) {
	w.Helper()
	answer, found, err := w.redirects.Resolve(w.Context(), a)
	check(w.T, err)
	return answer, found
}

// addresses of the world's account, and where each leads.
func (w *world) addresses() map[redirects.Address]string {
	w.Helper()
	at := map[redirects.Address]string{}
	public := map[string]bool{}
	for guid, post := range transfertest.Items[transfer.Post](w.T, w.fixture) {
		if !post.Public {
			continue
		}
		at[redirects.Address{Kind: redirects.Post, Key: guid}] = newPod + "/posts/" + guid
		at[redirects.Address{Kind: redirects.Post, Key: guid, Suffix: ".json"}] = newPod + "/posts/" + guid + ".json"
		at[redirects.Address{Kind: redirects.Post, Number: w.number(guid)}] = newPod + "/posts/" + guid
		for _, photo := range post.Photos {
			public[photo] = true
		}
	}
	for guid, photo := range transfertest.Items[transfer.Photo](w.T, w.fixture) {
		for _, v := range pod.Variants() {
			if public[guid] {
				at[redirects.Address{Kind: redirects.Photo, Key: photo.Name, Variant: string(v)}] = newPod + "/uploads/images/" + string(v) + photo.Name
			}
		}
	}
	profile := newPod + "/people/" + w.new.account.GUID
	at[redirects.Address{Kind: redirects.Person, Key: w.old.account.GUID}] = profile
	at[redirects.Address{Kind: redirects.Person, Key: w.old.account.GUID, Suffix: ".json"}] = profile + ".json"
	at[redirects.Address{Kind: redirects.Named, Key: "aurora"}] = profile
	at[redirects.Address{Kind: redirects.Feed, Key: "aurora"}] = newPod + "/public/newcomer.atom"
	return at
}

// nowhere are addresses that never answer.
func (w *world) nowhere() (list []redirects.Address) {
	w.Helper()
	public := map[string]bool{}
	for guid, post := range transfertest.Items[transfer.Post](w.T, w.fixture) {
		if post.Public {
			for _, photo := range post.Photos {
				public[photo] = true
			}
			continue
		}
		list = append(list, redirects.Address{Kind: redirects.Post, Key: guid}, redirects.Address{Kind: redirects.Post, Key: guid, Suffix: ".json"})
		if n := w.number(guid); n != 0 {
			list = append(list, redirects.Address{Kind: redirects.Post, Number: n})
		}
	}
	for guid, photo := range transfertest.Items[transfer.Photo](w.T, w.fixture) {
		if !public[guid] {
			list = append(list, redirects.Address{Kind: redirects.Photo, Key: photo.Name})
		}
	}
	return append(list,
		redirects.Address{Kind: redirects.Post, Key: "00000000000000000000000000000000"},
		redirects.Address{Kind: redirects.Post, Number: 987654321},
		redirects.Address{Kind: redirects.Photo, Key: "00000000000000000000.png"},
		redirects.Address{Kind: redirects.Named, Key: "nobody"},
		redirects.Address{Kind: redirects.Named, Key: ""},
		redirects.Address{Kind: redirects.Feed, Key: "nobody"},
		redirects.Address{Kind: redirects.Person, Key: "00000000000000000000000000000000"},
	)
}

// number is a post's at the old pod, 0 once it is erased.
func (w *world) number(guid string) int64 {
	w.Helper()
	viewer := pod.Viewer{Account: w.old.account.ID}
	post, err := w.old.store.VisiblePost(w.Context(), pod.PostKey{GUID: guid}, viewer)
	if err != nil {
		return 0
	}
	return post.Number
}

func (w *world) wantNowhere(list []redirects.Address) {
	w.Helper()
	for _, a := range list {
		if answer, found := w.resolve(a); found {
			w.Errorf("%+v answers %+v", a, answer)
		}
	}
}

func TestResolve(t *testing.T) {
	each(t, func(w *world) {
		addresses, nowhere := w.addresses(), w.nowhere()
		w.part("leads to the exact new address while the grace period lasts", func() {
			for a, target := range addresses {
				if got, found := w.resolve(a); !found || got.Status != 302 || got.Location != target {
					w.Errorf("%+v answers %+v, want %s", a, got, target)
				}
			}
			w.wantNowhere(nowhere)
		})
		w.part("marks the account as moved", func() {
			a := must(w.old.store.Account(w.Context(), w.old.account.ID))(w.T)
			if a.State != pod.Moved || a.MovedTo != "newcomer@new.example" || a.MovedURL != newPod+"/people/"+w.new.account.GUID {
				w.Errorf("got %+v", a)
			}
		})
		w.part("is gone, and names the new profile, after erasing", func() {
			w.runFor(grace + 48*time.Hour)
			w.wantState(transfer.Erased, "")
			for a := range addresses {
				if got, found := w.resolve(a); !found || got.Status != 410 || got.Location != "" || got.Profile != newPod+"/people/"+w.new.account.GUID {
					w.Errorf("%+v answers %+v", a, got)
				}
			}
			w.wantNowhere(nowhere)
		})
		w.part("leads on for good where the podmin forwards", func() {
			w.redirects.Forward = true
			for a, target := range addresses {
				if got, found := w.resolve(a); !found || got.Status != 308 || got.Location != target {
					w.Errorf("%+v answers %+v, want %s", a, got, target)
				}
			}
			w.wantNowhere(nowhere)
		})
	})
}

func TestDeletedAfterTheMove(t *testing.T) {
	each(t, func(w *world) {
		guid := w.fixture.Entries[transfer.Posts][0].GUID
		deleted := []redirects.Address{{Kind: redirects.Post, Key: guid}, {Kind: redirects.Post, Number: w.number(guid)}}
		check(w.T, w.old.store.DeletePost(w.Context(), w.old.account.ID, guid))
		w.wantNowhere(deleted)
		w.runFor(grace + 48*time.Hour)
		w.wantState(transfer.Erased, "")
		w.wantNowhere(deleted)
	})
}

func TestNoAddress(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			w := newWorld(t, dialect, func(w *world) { w.grant = func(g *oauth.Grant) { g.Choices.NoAddress = true } })
			addresses, nowhere := w.addresses(), w.nowhere()
			for _, phase := range []string{"during", "after"} {
				w.part(phase, func() {
					for a := range addresses {
						if got, found := w.resolve(a); !found || got != (redirects.Answer{Status: 410}) {
							w.Errorf("%+v answers %+v", a, got)
						}
					}
					w.wantNowhere(nowhere)
				})
				w.runFor(grace + 48*time.Hour)
			}
			w.wantState(transfer.Erased, "")
			if a := must(w.old.store.Account(w.Context(), w.old.account.ID))(w.T); a.MovedTo != "" || a.MovedURL != "" {
				w.Errorf("the account says where it went: %+v", a)
			}
		})
	}
}

// oneStub is a Book with one stub.
type oneStub struct {
	redirects.Book
	place redirects.Place
}

func (b oneStub) Find(context.Context, redirects.Address) (redirects.Place, bool, error) {
	return b.place, true, nil
}

// TestAnswersStayAtTheOrigin: whatever is stored, nobody is led away from the
// pod that the person agreed to (Protocol §5.4).
func TestAnswersStayAtTheOrigin(t *testing.T) {
	at := redirects.Address{Kind: redirects.Photo, Key: "x", Variant: "thumb_small_"}
	for target, good := range map[string]bool{
		newPod + "/posts/0123456789abcdef":        true,
		newPod + "/images/{variant}name.png":      true,
		newPod + "//evil.example/":                true, // a path, at the pod itself
		"https://new.example.evil.example/posts/": false,
		"https://new.example@evil.example/posts/": false,
		"https://user@new.example/posts/":         false,
		"https://new.example:444/posts/":          false,
		"https://{variant}new.example/posts/":     false,
		"https://new.example{variant}/posts/":     false,
		"https://new.example:{variant}/posts/":    false,
		"http://new.example/posts/":               false,
		"//new.example/posts/":                    false,
		"//evil.example/posts/":                   false,
		"/posts/":                                 false,
		`https://new.example\@evil.example/`:      false,
		`https:\\new.example/posts/`:              false,
		"https://new%2eexample/posts/":            false,
		"https://new.example%2f@evil.example/":    false,
		"https://NEW.example/posts/":              false,
		"https://new.example/posts/\r\nX-A: b":    false,
		"https://new.example/posts/ x":            false,
		"https://new.example/posts?to=x":          false,
		"https://new.example/posts#x":             false,
		"https://new.example":                     false,
		"https://new.example/{host}":              false,
		"javascript:alert(1)//new.example/":       false,
		"":                                        false,
	} {
		t.Run(target, func(t *testing.T) {
			s := redirects.New(redirects.Options{Log: slog.New(slog.DiscardHandler), Book: oneStub{place: redirects.Place{
				Client: newPod + "/oauth/client.json", Target: target, Profile: newPod + "/people/x",
			}}})
			answer, found, err := s.Resolve(t.Context(), at)
			if err != nil || found != good || (found && answer.Status != 302) {
				t.Errorf("answers %+v, %v, %v", answer, found, err)
			}
		})
	}
	t.Run("a profile elsewhere", func(t *testing.T) {
		s := redirects.New(redirects.Options{Book: oneStub{place: redirects.Place{
			Client: newPod + "/oauth/client.json", Target: newPod + "/posts/x", Profile: "https://evil.example/", Erased: true,
		}}})
		if answer, found, err := s.Resolve(t.Context(), at); found || err != nil {
			t.Errorf("answers %+v, %v", answer, err)
		}
	})
}
