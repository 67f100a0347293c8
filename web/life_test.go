package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

// A life is aurora at her browser.
type life struct {
	*house
	cookies []*http.Cookie
}

func lives(t *testing.T, s *store.Store) *life {
	t.Helper()
	h := newHouse(t, s)
	in := httptest.NewRecorder()
	h.handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(h.account["aurora"].ID, 10), nil))
	return &life{h, in.Result().Cookies()}
}

func (l *life) ask(t *testing.T, method, target, contentType string, body io.Reader, want int) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range l.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d\n%s", method, target, w.Code, want, w.Body)
	}
	if fresh := w.Result().Cookies(); len(fresh) > 0 {
		l.cookies = fresh
	}
	return w
}

func (l *life) see(t *testing.T, target string) string {
	t.Helper()
	return l.ask(t, http.MethodGet, target, "", nil, http.StatusOK).Body.String()
}

// send sends a form and answers where it leads.
func (l *life) send(t *testing.T, target string, form url.Values) string {
	t.Helper()
	w := l.ask(t, http.MethodPost, target, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), http.StatusSeeOther)
	return w.Header().Get("Location")
}

// upload sends a form with files.
func (l *life) upload(t *testing.T, target string, form url.Values, files [][]byte, want int) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			must(t, w.WriteField(name, v))
		}
	}
	for _, raw := range files {
		part, err := w.CreateFormFile("files", "x.bin")
		must(t, err)
		_, err = part.Write(raw)
		must(t, err)
	}
	must(t, w.Close())
	return l.ask(t, http.MethodPost, target, w.FormDataContentType(), &body, want)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("%q is missing in\n%s", part, page)
		}
	}
}

var hiddenPhoto = regexp.MustCompile(`name="photo" value="([0-9a-f]{32})"`)

func TestWriting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := lives(t, s)
		_, picture := l.photo(7)
		var address string
		t.Run("a preview shows the post and keeps what was chosen", func(t *testing.T) {
			page := l.upload(t, "/posts", url.Values{"text": {"*hello*\r\nthere"}, "audience": {"public"}, "do": {"preview"}}, [][]byte{picture}, 200).Body.String()
			wants(t, page, "<em>hello</em>", "*hello*", `name="photo" value="`, `value="public" checked`)
			guid := hiddenPhoto.FindStringSubmatch(page)[1]
			w := l.upload(t, "/posts", url.Values{
				"text": {"*hello*\r\nthere"}, "audience": {"public"}, "do": {"publish"}, "photo": {guid}, "text-" + guid: {"a grey field"},
			}, nil, 303)
			address = w.Header().Get("Location")
		})
		t.Run("a published post is there for everyone, its photo with its description", func(t *testing.T) {
			wants(t, l.status(200, "", address), "<em>hello</em>", `alt="a grey field"`)
			if strings.Contains(l.status(200, "", address), "/edit") {
				t.Error("a stranger may edit it")
			}
		})
		t.Run("a post without anything is refused, and says why", func(t *testing.T) {
			wants(t, l.upload(t, "/posts", url.Values{"text": {"  "}, "audience": {"public"}}, nil, 422).Body.String(), "some text or a photo", `aria-invalid="true"`)
		})
		t.Run("a limited post needs an aspect", func(t *testing.T) {
			wants(t, l.upload(t, "/posts", url.Values{"text": {"x"}, "audience": {"limited"}}, nil, 422).Body.String(), "Choose at least one aspect")
		})
		t.Run("what is no photo is refused, and the text is kept", func(t *testing.T) {
			page := l.upload(t, "/posts", url.Values{"text": {"my words"}, "audience": {"public"}}, [][]byte{[]byte("<svg onload=alert(1)>")}, 422).Body.String()
			wants(t, page, "no photo that this pod can show", "my words")
		})
		t.Run("a form that breaks off is refused, and is not called our fault", func(t *testing.T) {
			for what, body := range map[string]string{
				"in a field": "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhal",
				"in a photo": "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"x\"\r\n\r\n\x89PNG",
			} {
				page := l.ask(t, http.MethodPost, "/posts", "multipart/form-data; boundary=b", strings.NewReader(body), 422).Body.String()
				if !strings.Contains(page, "did not arrive whole") {
					t.Errorf("%s: %s", what, page)
				}
			}
		})
		t.Run("a form with too many photos, or too many fields, is refused", func(t *testing.T) {
			wants(t, l.upload(t, "/posts", url.Values{"text": {"x"}}, make([][]byte, maxFiles+1), 422).Body.String(), "no photo that this pod can show")
			many := url.Values{}
			for i := range maxFields + 2 {
				many.Set("f"+strconv.Itoa(i), "x")
			}
			l.upload(t, "/posts", many, nil, 422)
		})
		t.Run("it can be edited, and keeps its address", func(t *testing.T) {
			wants(t, l.see(t, address+"/edit"), "*hello*\nthere", "Save")
			l.upload(t, address+"/edit", url.Values{"text": {"other words"}, "do": {"publish"}}, nil, 303)
			page := l.status(200, "", address)
			wants(t, page, "other words")
			if strings.Contains(page, "a grey field") {
				t.Error("the photo that was left out is still there")
			}
		})
		t.Run("nobody else can edit or delete it", func(t *testing.T) {
			for _, what := range []string{"/edit", "/delete"} {
				l.status(404, "boreal", address+what)
				l.status(303, "", address+what)
			}
		})
		t.Run("it is deleted only after a question", func(t *testing.T) {
			wants(t, l.see(t, address+"/delete"), "Delete this post?", "other words")
			l.send(t, address+"/delete", nil)
			l.status(404, "", address)
		})
		t.Run("photos can be described and deleted", func(t *testing.T) {
			guid := regexp.MustCompile(`action="/photos/([0-9a-f]{32})"`).FindStringSubmatch(l.see(t, "/photos"))[1]
			l.send(t, "/photos/"+guid, url.Values{"text": {"a <field>"}})
			wants(t, l.see(t, "/photos"), "a &lt;field&gt;")
			l.status(404, "boreal", "/photos/"+guid+"/delete")
			wants(t, l.see(t, "/photos/"+guid+"/delete"), "Delete this photo?")
			l.send(t, "/photos/"+guid+"/delete", nil)
			l.ask(t, http.MethodPost, "/photos/"+guid+"/delete", "", nil, 404)
		})
	})
}

func TestCircles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := lives(t, s)
		aspect := func() string {
			return regexp.MustCompile(`name="aspect" value="([0-9a-f]{32})"`).FindStringSubmatch(l.see(t, "/contacts"))[1]
		}
		t.Run("an aspect is made and named", func(t *testing.T) {
			l.send(t, "/aspects", url.Values{"name": {"Friends"}})
			l.send(t, "/aspects/"+aspect(), url.Values{"name": {"Good <friends>"}})
			wants(t, l.see(t, "/contacts"), "Good &lt;friends&gt;")
		})
		t.Run("somebody is added, and sees what is posted for them", func(t *testing.T) {
			l.send(t, "/contacts", url.Values{"person": {" Boreal@pod.example "}, "aspect": {aspect()}})
			address := l.upload(t, "/posts", url.Values{"text": {"for friends"}, "audience": {"limited"}, "aspect": {aspect()}}, nil, 303).Header().Get("Location")
			wants(t, l.status(200, "boreal", address), "for friends")
			l.status(404, "cirrus", address)
			l.status(404, "", address)
		})
		t.Run("rubbish, oneself, and a stranger's aspect are refused", func(t *testing.T) {
			for person, says := range map[string]string{"nobody": "This is not an ID", "aurora@pod.example": "your own ID"} {
				w := l.ask(t, http.MethodPost, "/contacts", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"person": {person}, "aspect": {aspect()}}.Encode()), 422)
				wants(t, w.Body.String(), says)
			}
			form := url.Values{"person": {"eve@pod.example"}, "aspect": {"0123456789abcdef0123456789abcdef"}}
			l.ask(t, http.MethodPost, "/contacts", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), 422)
		})
		t.Run("a blocked person is no contact, and can be let go", func(t *testing.T) {
			l.send(t, "/blocks", url.Values{"person": {"boreal@pod.example"}})
			page := l.see(t, "/contacts")
			if strings.Contains(page, `href="/contacts/`) {
				t.Error("boreal is a contact still")
			}
			guid := regexp.MustCompile(`/blocks/([0-9a-f]{32})/delete`).FindStringSubmatch(page)[1]
			l.send(t, "/blocks/"+guid+"/delete", nil)
		})
		t.Run("an aspect is deleted only after a question", func(t *testing.T) {
			guid := aspect()
			wants(t, l.see(t, "/aspects/"+guid+"/delete"), "stay your contacts")
			l.send(t, "/aspects/"+guid+"/delete", nil)
			l.ask(t, http.MethodGet, "/aspects/"+guid+"/delete", "", nil, 404)
		})
	})
}

func TestOwnSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := lives(t, s)
		_, picture := l.photo(9)
		t.Run("the profile is kept, and its picture is for everyone", func(t *testing.T) {
			l.upload(t, "/settings/profile", url.Values{"first_name": {"Aurora"}, "bio": {"*me*"}, "tags": {"#art, linux"}, "public": {"yes"}}, [][]byte{picture}, 303)
			page := l.status(200, "", "/u/aurora")
			wants(t, page, "Aurora", "<em>me</em>", "#art #linux")
			src := regexp.MustCompile(`src="(/uploads/images/[^"]+)"`).FindStringSubmatch(page)
			if src == nil {
				t.Fatalf("no picture in %s", page)
			}
			l.status(200, "", src[1])
			wants(t, l.see(t, "/settings/profile"), `value="Aurora"`, "Take the picture away")
		})
		t.Run("pages speak the language that was chosen", func(t *testing.T) {
			l.send(t, "/settings/language", url.Values{"language": {"de"}})
			wants(t, l.see(t, "/settings"), `<html lang="de" dir="ltr">`, "Einstellungen")
			l.send(t, "/settings/language", url.Values{"language": {"ar"}})
			wants(t, l.see(t, "/settings"), `<html lang="ar" dir="rtl">`)
			l.send(t, "/settings/language", url.Values{"language": {"tlh"}})
			wants(t, l.see(t, "/settings"), `<html lang="en"`)
		})
		t.Run("the password changes only with the one until now, and signs others out", func(t *testing.T) {
			hash, err := l.registry.Passwords.Hash(t.Context(), "the old password")
			must(t, err)
			must(t, s.SetPassword(t.Context(), l.account["aurora"].ID, hash, l.account["aurora"].CreatedAt))
			form := url.Values{"old": {"wrong password"}, "password": {"a new password"}}
			w := l.ask(t, http.MethodPost, "/settings/password", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), 422)
			wants(t, w.Body.String(), "until now is not right")
			in := httptest.NewRecorder()
			l.handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(l.account["aurora"].ID, 10)+"?ago=1m", nil))
			elsewhere := &life{l.house, in.Result().Cookies()}
			wants(t, elsewhere.see(t, "/settings"), "Settings")
			form.Set("old", "the old password")
			l.send(t, "/settings/password", form)
			wants(t, l.see(t, "/settings"), "Settings")
			elsewhere.ask(t, http.MethodGet, "/settings", "", nil, http.StatusSeeOther)
		})
		t.Run("the account closes only after a question, and all of it goes", func(t *testing.T) {
			address := "/posts/" + l.post(transfer.Post{Text: "to go", Public: true})
			wants(t, l.see(t, "/settings/close"), "cannot be undone")
			l.ask(t, http.MethodPost, "/settings/close", "", nil, 200)
			l.status(404, "", address)
			l.status(404, "", "/u/aurora")
			l.ask(t, http.MethodGet, "/settings", "", nil, http.StatusSeeOther)
		})
	})
}
