package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// stop has aurora's account stand still for a move.
func (l *life) stop(t *testing.T) {
	t.Helper()
	must(t, l.store.AddTransfer(t.Context(), source.Transfer{
		ID: "0123456789abcdef0123456789abcdef", Account: l.account["aurora"].ID, Purpose: transfer.Move, State: transfer.Frozen,
		Thaws: time.Now().Add(time.Minute), Created: time.Now(), Used: time.Now(),
	}))
}

// TestStill: while an account stands still every page of its person can be
// read, each that writes says so and keeps what was typed, and a post can be
// deleted (Protocol §5.1).
func TestStill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := lives(t, s)
		aurora := l.account["aurora"].ID
		photo, raw := l.photo(7)
		post := l.post(transfer.Post{Text: "before", Public: true, Photos: []string{photo.GUID}})
		gone := l.post(transfer.Post{Text: "to be deleted", Public: true})
		friends, err := s.AddAspect(t.Context(), aurora, transfer.Aspect{Name: "Friends"})
		must(t, err)
		family, err := s.AddAspect(t.Context(), aurora, transfer.Aspect{Name: "Family"})
		must(t, err)
		bob, err := s.AddContact(t.Context(), aurora, transfer.Contact{ID: "bob@pod.example", Aspects: []string{friends}, Receiving: true})
		must(t, err)
		eve, err := s.AddBlock(t.Context(), aurora, transfer.Block{ID: "eve@pod.example"})
		must(t, err)
		before, _, err := s.Mark(t.Context(), aurora)
		must(t, err)
		l.stop(t)
		for name, c := range map[string]struct {
			path  string
			form  url.Values
			files [][]byte
			keeps string // of what was typed
		}{
			"a post":                         {"/posts", url.Values{"text": {"typed by hand"}, "audience": {"public"}}, nil, ">typed by hand</textarea>"},
			"a post with a photo":            {"/posts", url.Values{"text": {"typed by hand"}, "audience": {"public"}}, [][]byte{raw}, ">typed by hand</textarea>"},
			"an edited post":                 {"/posts/" + post + "/edit", url.Values{"text": {"typed by hand"}, "photo": {photo.GUID}}, nil, ">typed by hand</textarea>"},
			"a photo's description":          {"/photos/" + photo.GUID, url.Values{"text": {"typed by hand"}}, nil, `value="typed by hand"`},
			"a photo's description, on post": {"/posts/" + post + "/edit", url.Values{"text": {"before"}, "photo": {photo.GUID}, "text-" + photo.GUID: {"typed by hand"}}, nil, `value="typed by hand"`},
			"the profile":                    {"/settings/profile", url.Values{"bio": {"typed by hand"}}, nil, ">typed by hand</textarea>"},
			"the profile with a picture":     {"/settings/profile", url.Values{"bio": {"typed by hand"}}, [][]byte{raw}, ">typed by hand</textarea>"},
			"a new contact":                  {"/contacts", url.Values{"person": {"typed@pod.example"}, "aspect": {friends}}, nil, `value="typed@pod.example"`},
			"a contact in other aspects":     {"/contacts/" + bob, url.Values{"aspect": {family}}, nil, ""},
			"a contact less":                 {"/contacts/" + bob, url.Values{}, nil, "bob@pod.example"},
			"a new aspect":                   {"/aspects", url.Values{"name": {"typed by hand"}}, nil, `value="typed by hand"`},
			"an aspect's name":               {"/aspects/" + friends, url.Values{"name": {"typed by hand"}}, nil, `value="typed by hand"`},
			"an aspect less":                 {"/aspects/" + friends + "/delete", url.Values{}, nil, ""},
			"a block":                        {"/blocks", url.Values{"person": {"typed@pod.example"}}, nil, `value="typed@pod.example"`},
			"a block less":                   {"/blocks/" + eve + "/delete", url.Values{}, nil, ""},
			"a photo less":                   {"/photos/" + photo.GUID + "/delete", url.Values{}, nil, ""},
		} {
			t.Run(name, func(t *testing.T) { l.refused(t, c.path, c.form, c.files, c.keeps) })
		}
		if now, _, err := s.Mark(t.Context(), aurora); err != nil || now != before {
			t.Errorf("something was written: %d changes, %v", now-before, err)
		}
		t.Run("everything can be read", func(t *testing.T) {
			for _, path := range []string{"/", "/posts/new", "/posts/" + post, "/posts/" + post + "/edit", "/photos", "/contacts", "/contacts/" + bob, "/settings/profile", "/settings"} {
				l.see(t, path)
			}
		})
		t.Run("a post can be deleted, with the photos that hang on it alone", func(t *testing.T) {
			for _, guid := range []string{gone, post} {
				l.send(t, "/posts/"+guid+"/delete", nil)
				l.ask(t, http.MethodGet, "/posts/"+guid, "", nil, http.StatusNotFound)
			}
			if page := l.see(t, "/photos"); strings.Contains(page, photo.GUID) {
				t.Error("the photo is there")
			}
		})
	})
}

// refused sends a form, and wants to read why it cannot be now.
func (l *life) refused(t *testing.T, path string, form url.Values, files [][]byte, keeps string) {
	t.Helper()
	var w *httptest.ResponseRecorder
	if files == nil {
		w = l.ask(t, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), http.StatusConflict)
	} else {
		w = l.upload(t, path, form, files, http.StatusConflict)
	}
	wants(t, w.Body.String(), " account is being moved: nothing can be written ", keeps)
	if after := w.Header().Get("Retry-After"); after != "60" {
		t.Errorf("come back after %q", after)
	}
}
