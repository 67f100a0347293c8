package web

import (
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

func TestPublicPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		shown, _ := h.photo(10)
		public := h.post(transfer.Post{Public: true, Text: "Hello **world** <script>", Photos: []string{shown.GUID}})
		limited := h.post(transfer.Post{Text: "between us", Audience: []string{"boreal@pod.example"}})
		reshare := h.post(transfer.Post{Public: true, Root: &transfer.Root{Author: "zoe@far.example", GUID: "0123456789abcdef"}})

		t.Run("shows a public post under guid and number", func(t *testing.T) {
			body := h.status(200, "", "/posts/"+public)
			for _, want := range []string{"<strong>world</strong>", "&lt;script&gt;", "/uploads/images/" + shown.File, `alt="a &lt;shade&gt;"`, "aurora@pod.example"} {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in\n%s", want, body)
				}
			}
			p, err := s.VisiblePost(t.Context(), pod.PostKey{GUID: public}, pod.Viewer{})
			h.must(err)
			for _, target := range []string{"/p/", "/posts/"} {
				if h.status(200, "", target+strconv.FormatInt(p.Number, 10)) != body {
					t.Errorf("%s is another page", target)
				}
			}
		})
		t.Run("shows a limited post to those it names and its author", func(t *testing.T) {
			h.status(404, "", "/posts/"+limited)
			h.status(404, "cirrus", "/posts/"+limited)
			for _, name := range []string{"boreal", "aurora"} {
				if !strings.Contains(h.status(200, name, "/posts/"+limited), "between us") {
					t.Errorf("%s does not see the text", name)
				}
			}
		})
		t.Run("shows what an old address led to at its place here", func(t *testing.T) {
			guid := h.post(transfer.Post{Public: true, Text: "![](https://old.example/uploads/images/" + shown.File + ") and ![](https://far.example/x.png)"})
			body := h.status(200, "", "/posts/"+guid)
			if !strings.Contains(body, `src="`+houseOrigin+`/uploads/images/`+shown.File+`"`) && !strings.Contains(body, `src="/uploads/images/`+shown.File+`"`) || strings.Contains(body, `src="https://far.example`) {
				t.Errorf("shows\n%s", body)
			}
		})
		t.Run("links a reshare to its root", func(t *testing.T) {
			if !strings.Contains(h.status(200, "", "/posts/"+reshare), `href="https://far.example/posts/0123456789abcdef"`) {
				t.Error("no link")
			}
		})
		t.Run("shows a person under name and guid, with the posts the viewer may see", func(t *testing.T) {
			stranger := h.status(200, "", "/u/aurora")
			if h.status(200, "", "/people/"+h.account["aurora"].GUID) != stranger || strings.Contains(stranger, "between us") || !strings.Contains(stranger, "world") {
				t.Errorf("a stranger sees\n%s", stranger)
			}
			if !strings.Contains(h.status(200, "boreal", "/u/aurora"), "between us") {
				t.Error("a friend does not see the limited post")
			}
			h.status(404, "", "/u/nobody")
		})
		t.Run("keeps the private part of a profile to its owner", func(t *testing.T) {
			h.must(s.UpdateProfile(t.Context(), h.account["aurora"].ID, transfer.Profile{FirstName: "Aurora", Bio: "my *bio*", Location: "Bergen", Tags: []string{"ferns"}}))
			if body := h.status(200, "boreal", "/u/aurora"); strings.Contains(body, "bio") || strings.Contains(body, "Bergen") || !strings.Contains(body, "#ferns") {
				t.Errorf("a friend sees\n%s", body)
			}
			if body := h.status(200, "aurora", "/u/aurora"); !strings.Contains(body, "<em>bio</em>") || !strings.Contains(body, "Bergen") {
				t.Errorf("she sees\n%s", body)
			}
		})
		t.Run("says where an account moved, to its owner too", func(t *testing.T) {
			h.must(s.Event(t.Context(), h.account["cirrus"].ID, "t", "redirecting", "Your links now lead to the new pod."))
			h.move("cirrus", "cirrus@new.example", "https://new.example/u/cirrus")
			for name, target := range map[string]string{"": "/u/cirrus", "cirrus": "/"} {
				if !strings.Contains(h.status(200, name, target), `<a href="https://new.example/u/cirrus"><bdi>cirrus@new.example</bdi></a>`) {
					t.Errorf("%s does not say so", target)
				}
			}
			for name, want := range map[string]bool{"cirrus": true, "boreal": false} {
				csp := h.as(name, "/").Header().Get("Content-Security-Policy")
				if strings.Contains(csp, "img-src 'self' https://new.example;") != want {
					t.Errorf("to %s, photos that lead to the new pod are shown: %s", name, csp)
				}
			}
			if !strings.Contains(h.status(200, "cirrus", "/settings"), "Your links now lead to the new pod.") {
				t.Error("the settings do not list what happened")
			}
		})
	})
}

func TestHomePages(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	for i := range 45 {
		h.post(transfer.Post{Text: "number " + strconv.Itoa(i) + ".", CreatedAt: transfer.TimeOf(time.UnixMilli(int64(1000 + i/2)))})
	}
	target, seen := "/", ""
	for range 3 {
		body := h.status(200, "aurora", target)
		seen += body
		_, rest, _ := strings.Cut(body, `<a href="?before=`)
		query, _, _ := strings.Cut(rest, `"`)
		target = "/?before=" + query
	}
	for i := range 45 {
		if n := strings.Count(seen, "number "+strconv.Itoa(i)+"."); n != 1 {
			t.Errorf("post %d is listed %d times", i, n)
		}
	}
	if target != "/?before=" {
		t.Errorf("a fourth page: %s", target)
	}
	h.status(200, "aurora", "/?before=rubbish")
	h.status(200, "", "/")
	h.status(303, "", "/settings")
}

// Protocol §6.1: what is limited, deleted or unknown is one and the same.
func TestMissingIsOneAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		photo, _ := h.photo(20)
		limited := h.post(transfer.Post{Text: "between us", Photos: []string{photo.GUID}, Audience: []string{"boreal@pod.example"}})
		deleted := h.post(transfer.Post{Public: true, Text: "gone"})
		number := func(guid string) string {
			p, err := s.VisiblePost(t.Context(), pod.PostKey{GUID: guid}, pod.Viewer{Account: h.account["aurora"].ID})
			h.must(err)
			return strconv.FormatInt(p.Number, 10)
		}
		limitedNumber, deletedNumber := number(limited), number(deleted)
		h.must(s.DeletePost(t.Context(), h.account["aurora"].ID, deleted))
		targets := []string{
			"/posts/" + limited, "/posts/" + deleted, "/posts/" + strings.Repeat("0", 32), "/posts/99999", "/posts/x",
			"/posts/" + limitedNumber, "/p/" + limitedNumber, "/p/" + deletedNumber, "/p/99999", "/p/-1",
			"/people/" + strings.Repeat("0", 32), "/u/nobody", "/public/nobody.atom", "/public/aurora", "/nothing?x=1", "/posts/" + limited + "?a=b",
		}
		for _, v := range pod.Variants() {
			targets = append(targets, "/uploads/images/"+string(v)+photo.File, "/uploads/images/"+string(v)+"0123456789abcdef0123.png")
		}
		want := h.as("", "/nothing").Result()
		wantBody := h.as("", "/nothing").Body.String()
		for _, viewer := range []string{"", "cirrus"} {
			for _, target := range targets {
				w := h.as(viewer, target, "Accept", "image/*, application/json", "If-None-Match", `"`+string(photo.Item.SHA256)+`"`, "Range", "bytes=0-1")
				if got := w.Result(); got.StatusCode != 404 || !reflect.DeepEqual(got.Header, want.Header) || w.Body.String() != wantBody {
					t.Errorf("%s as %q differs: %d %v\n%s", target, viewer, got.StatusCode, got.Header, w.Body)
				}
			}
		}
	})
}
