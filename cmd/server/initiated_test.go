package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/store/storetest"
)

// TestInitiated: a link from elsewhere fills in a form and no more. Whatever is
// tried with it, no other host is asked anything before the person, signed in
// here, has read where they go and pressed the button (Protocol §2.6).
func TestInitiated(t *testing.T) {
	old := listen(t)
	p := openHere(t, "http://127.0.0.1:4001")
	ada, eve, nobody := call(p).signUp(t, "ada"), call(p).signUp(t, "eve"), call(p)
	link := "/move?" + url.Values{"iss": {old.URL}, "login_hint": {"ada@" + old.host()}}.Encode()
	form := url.Values{"id": {"ada@" + old.host()}, "iss": {old.URL}, "purpose": {"move"}}
	var page string // of the move, once there is one
	for _, c := range []struct {
		name string
		do   func(t *testing.T) *httptest.ResponseRecorder
		want int
	}{
		{"a stranger's visit asks for a sign-in", func(t *testing.T) *httptest.ResponseRecorder { return nobody.get(t, link) }, http.StatusSeeOther},
		{"a visit fills in the form", func(t *testing.T) *httptest.ResponseRecorder { return ada.get(t, link) }, http.StatusOK},
		{"HEAD does no more", func(t *testing.T) *httptest.ResponseRecorder { return ada.send(t, http.MethodHead, link, "") }, http.StatusOK},
		{"a link that leads off this origin is refused", func(t *testing.T) *httptest.ResponseRecorder {
			return ada.get(t, link+"&target_link_uri="+url.QueryEscape(old.URL+"/"))
		}, http.StatusBadRequest},
		{"a form on another site is refused", func(t *testing.T) *httptest.ResponseRecorder {
			return ada.crossPost(t, "/move", form, "Origin", old.URL)
		}, http.StatusForbidden},
		{"a form of another site without an origin is refused", func(t *testing.T) *httptest.ResponseRecorder {
			return ada.crossPost(t, "/move", form, "Sec-Fetch-Site", "cross-site")
		}, http.StatusForbidden},
		{"a stranger's form asks for a sign-in", func(t *testing.T) *httptest.ResponseRecorder { return nobody.post(t, "/move", form) }, http.StatusSeeOther},
		{"the person's form leads to the move's page", func(t *testing.T) *httptest.ResponseRecorder {
			w := ada.post(t, "/move", form)
			page = w.Header().Get("Location")
			return w
		}, http.StatusSeeOther},
		{"the page shows issuer host, old ID and account here", func(t *testing.T) *httptest.ResponseRecorder {
			w := ada.get(t, page)
			for _, part := range []string{`class="host" dir="ltr">` + old.host(), ">ada@" + old.host() + "<", ">ada@127.0.0.1:4001<"} {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("the page lacks %q: %s", part, w.Body)
				}
			}
			return w
		}, http.StatusOK},
		{"a visit presses no button", func(t *testing.T) *httptest.ResponseRecorder { return ada.get(t, page+"/agree") }, http.StatusNotFound},
		{"another site presses no button", func(t *testing.T) *httptest.ResponseRecorder {
			return ada.crossPost(t, page+"/agree", nil, "Origin", old.URL)
		}, http.StatusForbidden},
		{"a sibling site presses no button", func(t *testing.T) *httptest.ResponseRecorder {
			return ada.crossPost(t, page+"/agree", nil, "Sec-Fetch-Site", "same-site")
		}, http.StatusForbidden},
		{"a stranger presses no button", func(t *testing.T) *httptest.ResponseRecorder { return nobody.post(t, page+"/agree", nil) }, http.StatusSeeOther},
		{"another person presses no button", func(t *testing.T) *httptest.ResponseRecorder { return eve.post(t, page+"/agree", nil) }, http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := c.do(t); w.Code != c.want {
				t.Errorf("%d to %q: %.300s", w.Code, w.Header().Get("Location"), w.Body)
			}
			old.untouched(t)
		})
	}
	t.Run("the person's button asks the old pod", func(t *testing.T) {
		ada.post(t, page+"/agree", nil)
		if old.asked.Load() == 0 {
			t.Error("it was not asked")
		}
	})
}

// TestInitiatedByAnother: the issuer that a link names must be the one that
// WebFinger names for the old ID (Protocol §2.6).
func TestInitiatedByAnother(t *testing.T) {
	old, here, evil := listen(t), listen(t), listen(t)
	call(podAt(t, old)).signUp(t, "ada")
	ada := call(podAt(t, here)).signUp(t, "ada")
	begin := func(t *testing.T, issuer string) *httptest.ResponseRecorder {
		t.Helper()
		w := ada.post(t, "/move", url.Values{"id": {"ada@" + old.host()}, "iss": {issuer}, "purpose": {"move"}})
		return ada.post(t, w.Header().Get("Location")+"/agree", nil)
	}
	t.Run("the browser is sent nowhere when it is another", func(t *testing.T) {
		w := begin(t, evil.URL)
		if w.Code == http.StatusSeeOther || !strings.Contains(w.Body.String(), "belongs to "+old.URL) {
			t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
		evil.untouched(t)
	})
	t.Run("it goes on when it is the same", func(t *testing.T) {
		if w := begin(t, old.URL); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), old.URL+"/oauth/authorize?") {
			t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
	})
}

// TestAdminsStay: an admin hands the role over first (Protocol §2.5).
func TestAdminsStay(t *testing.T) {
	from, to := newQuickPod(t, storetest.SQLite), newQuickPod(t, storetest.SQLite)
	from.addAccount(t, "boss", "--admin")
	start(t, from, to)
	w := to.signUp(t, "boss")
	page := w.consent(t, "boss@"+from.Host(), "boss")
	for _, answer := range []*demo.Page{page, w.decide(t, page, "allow")} {
		says(t, answer, "an admin of this pod", "Hand the role over")
		if answer.URL.Host != from.Host() || strings.Contains(answer.URL.RawQuery, "code=") {
			t.Errorf("the browser is at %s", answer.URL)
		}
	}
}
