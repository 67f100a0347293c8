package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

const podOrigin = "https://pod.example"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asked answers a GET.
func asked(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
	return w
}

func addAccount(t *testing.T, s *store.Store, username string) pod.Account {
	t.Helper()
	a, err := s.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: username, State: pod.Active, CreatedAt: time.UnixMilli(1),
	}, "", pod.NewGUID())
	must(t, err)
	return a
}

func TestPublic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := addAccount(t, s, "aurora")
		photo, err := s.CreatePhoto(t.Context(), a.ID, transfer.Photo{
			CreatedAt: transfer.TimeOf(time.UnixMilli(1)), SHA256: transfer.Sum(nil), Size: 1, Type: "image/png", Text: "ferns",
		})
		must(t, err)
		post := func(p transfer.Post) string {
			t.Helper()
			p.CreatedAt = transfer.TimeOf(time.UnixMilli(1234567890123))
			guid, err := s.CreatePost(t.Context(), a.ID, p)
			must(t, err)
			return guid
		}
		public := post(transfer.Post{
			Public: true, Text: "a <b> & \u2028", Photos: []string{photo.GUID, "0123456789abcdef"},
			Poll:     &transfer.Poll{GUID: "0123456789abcdef", Question: "Tea?", Answers: []transfer.Answer{{GUID: "0123456789abcde0", Text: "Yes"}}},
			Location: &transfer.Location{Address: "Bergen"},
		})
		limited := post(transfer.Post{Text: "between us", Audience: []string{"boreal@pod.example"}})

		var viewer pod.Viewer
		var away error
		window := pod.Window{Library: s, Host: pod.Host(podOrigin)}
		h := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{
			Public{Origin: podOrigin, Window: window, Viewer: func(context.Context) (pod.Viewer, error) { return viewer, away }},
		}})

		t.Run("shows a post with its author and photos", func(t *testing.T) {
			w := asked(t, h, "/posts/"+public)
			var got postJSON
			must(t, json.Unmarshal(w.Body.Bytes(), &got))
			want := postJSON{
				ID: got.ID, GUID: public, CreatedAt: "2009-02-13T23:31:30.123Z", Public: true, Text: "a <b> & \u2028",
				Author: personJSON{GUID: a.GUID, ID: "aurora@pod.example", Name: "aurora"},
				Photos: []photoJSON{{GUID: photo.GUID, Text: "ferns", Sizes: sizesJSON{
					Raw: podOrigin + "/uploads/images/" + photo.File, Small: podOrigin + "/uploads/images/thumb_small_" + photo.File,
					Medium: podOrigin + "/uploads/images/thumb_medium_" + photo.File, Large: podOrigin + "/uploads/images/thumb_large_" + photo.File,
					ScaledFull: podOrigin + "/uploads/images/scaled_full_" + photo.File,
				}}},
				Poll:     &transfer.Poll{GUID: "0123456789abcdef", Question: "Tea?", Answers: []transfer.Answer{{GUID: "0123456789abcde0", Text: "Yes"}}},
				Location: &transfer.Location{Address: "Bergen"},
			}
			if w.Code != 200 || got.ID == 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("%d %+v, want %+v", w.Code, got, want)
			}
			if numbered := asked(t, h, "/p/"+strconv.FormatInt(got.ID, 10)); numbered.Body.String() != w.Body.String() {
				t.Error("/p/ answers otherwise")
			}
		})
		t.Run("shows a person under name and guid", func(t *testing.T) {
			w := asked(t, h, "/u/aurora")
			if w.Code != 200 || w.Body.String() != asked(t, h, "/people/"+a.GUID).Body.String() || !strings.Contains(w.Body.String(), `"diaspora_id":"aurora@pod.example"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
		t.Run("answers alike for what is limited and what is not there", func(t *testing.T) {
			want := asked(t, h, "/nothing")
			for _, target := range []string{"/posts/" + limited, "/posts/0", "/p/99999", "/posts/" + strings.Repeat("0", 32), "/people/x", "/u/nobody"} {
				got := asked(t, h, target)
				if got.Code != 404 || got.Body.String() != want.Body.String() || !reflect.DeepEqual(got.Header(), want.Header()) {
					t.Errorf("%s: %d %v %s", target, got.Code, got.Header(), got.Body)
				}
			}
		})
		t.Run("shows a limited post to whom it names", func(t *testing.T) {
			viewer = pod.Viewer{Account: 99, ID: "boreal@pod.example"}
			if w := asked(t, h, "/posts/"+limited); w.Code != 200 || !strings.Contains(w.Body.String(), "between us") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
		t.Run("says that something is wrong, and not that there is nothing, when it cannot tell who asks", func(t *testing.T) {
			away = errors.New("no database")
			for _, target := range []string{"/posts/" + limited, "/u/aurora", "/people/" + a.GUID} {
				if w := asked(t, h, target); w.Code != http.StatusInternalServerError {
					t.Errorf("%s: %d %s", target, w.Code, w.Body)
				}
			}
		})
	})
}

// names are accounts of a test.
type names map[string]pod.Account

func (n names) AccountNamed(_ context.Context, username string) (pod.Account, error) {
	if a, ok := n[username]; ok {
		return a, nil
	}
	return pod.Account{}, pod.ErrNoAccount
}

func TestWebFinger(t *testing.T) {
	const origin = "http://127.0.0.1:4001"
	h := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{WebFinger{origin, names{
		"aurora": {GUID: "0123456789abcdef0123456789abcdef", Username: "aurora", State: pod.Active},
		"moved":  {GUID: "1123456789abcdef0123456789abcdef", Username: "moved", State: pod.Moved, MovedTo: "moved@new.example", MovedURL: "https://new.example/u/moved"},
		"closed": {GUID: "2123456789abcdef0123456789abcdef", Username: "closed", State: pod.Closed},
	}}}})
	ask := func(resource string) *httptest.ResponseRecorder {
		return asked(t, h, "/.well-known/webfinger?resource="+resource)
	}
	t.Run("names the issuer, the profile and the feed", func(t *testing.T) {
		w := ask("acct:aurora@127.0.0.1:4001")
		const want = `{"subject":"acct:aurora@127.0.0.1:4001","aliases":["http://127.0.0.1:4001/people/0123456789abcdef0123456789abcdef"],"links":[` +
			`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"http://127.0.0.1:4001/u/aurora"},` +
			`{"rel":"http://schemas.google.com/g/2010#updates-from","type":"application/atom+xml","href":"http://127.0.0.1:4001/public/aurora.atom"},` +
			`{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"http://127.0.0.1:4001"}]}`
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") != "application/jrd+json" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%v", w.Header())
		}
	})
	t.Run("answers HEAD like GET", func(t *testing.T) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/.well-known/webfinger?resource=aurora@127.0.0.1:4001", nil))
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/jrd+json" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
	t.Run("goes on answering for the old ID of who moved", func(t *testing.T) {
		if w := ask("moved@127.0.0.1:4001"); w.Code != 200 || !strings.Contains(w.Body.String(), `"subject":"acct:moved@127.0.0.1:4001"`) || strings.Contains(w.Body.String(), "new.example") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("keeps to the relation that is asked for", func(t *testing.T) {
		w := asked(t, h, "/.well-known/webfinger?resource=AURORA@127.0.0.1:4001&rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer")
		if w.Code != 200 || strings.Count(w.Body.String(), `"rel"`) != 1 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	for resource, want := range map[string]int{
		"": 400, strings.Repeat("a", 301): 400, "aurora": 404, "nobody@127.0.0.1:4001": 404, "closed@127.0.0.1:4001": 404,
		"aurora@127.0.0.1": 404, "aurora@pod.example": 404, "aurora@127.0.0.1:4001@127.0.0.1:4001": 404, "@127.0.0.1:4001": 404,
	} {
		t.Run("refuses "+resource, func(t *testing.T) {
			if w := ask(resource); w.Code != want {
				t.Errorf("%d, want %d", w.Code, want)
			}
		})
	}
}
