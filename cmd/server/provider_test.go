package main

import (
	"bytes"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"podmove/internal/demo"
)

// TestOIDCProvider moves an account away from a pod whose provider others wrote,
// certified and untouched: npm's oidc-provider, which demands DPoP with nonces of
// its own, rotates refresh tokens, and knows of its client what the client's own
// document says.
func TestOIDCProvider(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		to := newPod(t, dialect)
		start(t, to)
		f := newForeign(t, dialect, to)
		t.Run("a person says no there", f.refused)
		t.Run("the account of another than the one typed is refused, and its tokens are given back", f.another)
		t.Run("an ID token of another sign-in is refused, and the tokens are given back", f.replayed)
		w, before := to.signUp(t, "ada"), f.holding(t, "ada")
		page := w.agreeThere(t, f, w.ask(t, f.id("ada")), "ada")
		move := address(page)
		t.Run("a person agrees there, and copying begins", func(t *testing.T) {
			if page.URL.Host != to.Host() || !strings.HasPrefix(page.URL.Path, "/moves/") {
				t.Errorf("the browser is at %s", page.URL)
			}
			says(t, page, "Move from "+f.id("ada"))
			if settings := w.open(t, to.URL+"/settings"); !bytes.Contains(settings.Body, []byte(f.id("ada")+" agreed. Copying begins.")) {
				t.Errorf("it is not written down: %s", settings.Body)
			}
		})
		t.Run("what is taken back there stops the move, and nothing is lost", func(t *testing.T) {
			m := w.follow(t, move, "needs-attention", "done", "cancelled")
			if m.State != "needs-attention" || m.Reason != "consent-needed" || m.arrived("posts") != 5 {
				t.Fatalf("the move is %s with %d posts: %s %s", m.State, m.arrived("posts"), m.Reason, m.Message)
			}
			if after := f.holding(t, "ada"); !after.equal(before) {
				t.Errorf("the old account was changed: %s", after)
			}
		})
		t.Run("no token lies open", f.sealed)
		t.Run("agreed to once more, everything arrives", func(t *testing.T) {
			w.agreeThere(t, f, w.fill(t, w.open(t, move), "/agree"), "ada")
			if m := w.follow(t, move, "needs-attention", "done", "cancelled"); m.State != "done" {
				t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
			}
			sameItems(t, before, to.holding(t, "ada"))
			if acts := to.acts(t, "ada"); !slices.Contains(acts, "system move-done") {
				t.Errorf("written down are %v", acts)
			}
		})
		t.Run("nonces were asked for, and tokens renewed again and again", f.renewed)
		t.Run("the tokens are given back", f.forgotten)
		t.Run("old addresses lead here", f.leads)
	})
}

func (f *foreign) id(name string) string { return name + "@" + f.Host() }

// agreeThere is what a person does on oidc-provider's own pages.
func (w person) agreeThere(t *testing.T, f *foreign, page *demo.Page, name string) *demo.Page {
	t.Helper()
	if page.URL.Host != f.Host() {
		t.Fatalf("the browser is at %s: %s", page.URL, page.Text())
	}
	page = w.fill(t, page, "/interaction/", "login", name, "password", "any will do")
	return w.fill(t, page, "/interaction/")
}

func (f *foreign) refused(t *testing.T) {
	w := f.client.signUp(t, "refused")
	page := w.ask(t, f.id("ada"))
	abort, ok := page.Link("/abort")
	if !ok {
		t.Fatalf("%s has no way to say no: %s", page.URL, page.Text())
	}
	page = w.open(t, abort)
	says(t, page, "Consent was refused at "+f.Host(), "Nothing was changed")
	if page.URL.Host != f.client.Host() {
		t.Errorf("the browser is at %s", page.URL)
	}
}

func (f *foreign) another(t *testing.T) {
	w := f.client.signUp(t, "another")
	page := w.agreeThere(t, f, w.ask(t, f.id("ada")), "bella")
	says(t, page, "agreed is "+f.id("bella"), "not "+f.id("ada"))
	f.forgotten(t)
}

var idToken = regexp.MustCompile(`"id_token":"[^"]*"`)

// replayed puts the ID token of an earlier sign-in into the answer.
func (f *foreign) replayed(t *testing.T) {
	earlier := f.handedOut("id_token")
	f.proxy.lie(func(r *http.Request, answer []byte) []byte {
		if r.URL.Path != "/token" {
			return answer
		}
		return idToken.ReplaceAll(answer, []byte(`"id_token":"`+earlier[0]+`"`))
	})
	defer f.proxy.lie(nil)
	w := f.client.signUp(t, "replayed")
	says(t, w.agreeThere(t, f, w.ask(t, f.id("bella")), "bella"), f.Host()+" does not answer as a pod", "Nothing was changed")
	f.client.logs(t, "its nonce is another login")
	f.forgotten(t)
}

// sealed looks for tokens in the database and the log of the pod that holds them.
func (f *foreign) sealed(t *testing.T) {
	f.proxy.mutex.Lock()
	heard := secrets{}
	for _, what := range []string{"access_token", "refresh_token", "id_token", "code", "state"} {
		if heard[what] = maps.Clone(f.heard[what]); len(heard[what]) == 0 {
			t.Errorf("no %s was handed out: this test shows nothing", what)
		}
	}
	f.proxy.mutex.Unlock()
	f.client.holdsNone(t, heard)
	heard.search(t, "the log", f.client.log.String())
}

// renewed: beside the four tokens of as many sign-ins there are those that
// renewals brought. A refresh token that is used twice would have ended a grant.
func (f *foreign) renewed(t *testing.T) {
	access, refresh := f.handedOut("access_token"), f.handedOut("refresh_token")
	if len(access) < 4+2 || len(refresh) != len(access) {
		t.Errorf("%d access tokens and %d refresh tokens were handed out", len(access), len(refresh))
	}
	f.proxy.mutex.Lock()
	defer f.proxy.mutex.Unlock()
	if f.demanded["/request"] == 0 || f.demanded["/transfer/v1/transfers"] == 0 {
		t.Errorf("nonces were asked for at %v", f.demanded)
	}
}

// forgotten waits until oidc-provider knows none of the tokens any more.
func (f *foreign) forgotten(t *testing.T) {
	t.Helper()
	for _, token := range f.handedOut("access_token") {
		for f.know(t.Context(), http.MethodGet, token).Active {
			pause(t)
		}
	}
}

// leads follows the first of the posts that [testPod.fill] makes.
func (f *foreign) leads(t *testing.T) {
	page := peek(t, f.URL+"/posts/"+strings.Repeat("0", 32))
	if to := page.Header.Get("Location"); page.Status != http.StatusFound || !strings.HasPrefix(to, f.client.URL+"/posts/") {
		t.Errorf("the answer is %d to %q", page.Status, to)
	}
}
