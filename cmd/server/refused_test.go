package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/demo"
)

// pods are an old pod, where ada has some posts, and a new one.
func pods(t *testing.T, dialect string) (from, to *testPod) {
	t.Helper()
	from, to = newPod(t, dialect), newPod(t, dialect)
	from.fill(t, "ada", 20)
	return from, to
}

// TestRefused tries what cannot be. Each time a page says so in words that a
// person understands, and both accounts stay as they were.
func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := pods(t, dialect)
		from.addAccount(t, "boss", "--admin")
		from.addAccount(t, "bob")
		start(t, from, to)
		here, there := to.Host(), from.Host()
		for _, c := range []struct {
			what string
			id   string
			says []string
		}{
			{"what is no ID", "ada at " + there, []string{"is not an ID", "name@old.example"}},
			{"an unknown user at a real pod", "adda@" + there, []string{there + " does not know of adda", "spelling"}},
			{"an unknown host", "ada@" + nobody(t), []string{"does not answer", "spelling"}},
			{"a host without a pod", "ada@" + stranger(t, rubbish), []string{"not answer as a pod", "Nothing was changed"}},
			{"a host whose answer is huge", "ada@" + stranger(t, huge), []string{"not answer as a pod", "Nothing was changed"}},
			{"a host whose answer never ends", "ada@" + stranger(t, endless), []string{"answers too slowly", "Try again later"}},
			{"a host that says nothing", "ada@" + stranger(t, silent), []string{"answers too slowly", "Try again later"}},
			{"both ends on one pod", "ada@" + here, []string{"is an account of this pod"}},
		} {
			t.Run(c.what, func(t *testing.T) {
				w := to.signUp(t, username(c.what))
				unchanged(t, w, from, "ada", func() { says(t, w.ask(t, c.id), c.says...) })
			})
		}
		t.Run("consent refused", func(t *testing.T) {
			w := to.signUp(t, "refused")
			unchanged(t, w, from, "ada", func() {
				page := w.decide(t, w.consent(t, "ada@"+there, "ada"), "deny")
				says(t, page, "Consent was refused at "+there, "Nothing was changed")
				if page.URL.Host != here {
					t.Errorf("the person ends at %s", page.URL)
				}
			})
		})
		t.Run("an admin", func(t *testing.T) {
			w := to.signUp(t, "boss")
			unchanged(t, w, from, "boss", func() {
				page := w.consent(t, "boss@"+there, "boss")
				says(t, page, "admin")
				if strings.Contains(string(page.Body), `value="allow"`) {
					t.Error("the page lets an admin agree")
				}
				says(t, w.decide(t, page, "allow"), "admin")
			})
		})
		t.Run("another account than the one typed", func(t *testing.T) {
			w := to.signUp(t, "other")
			unchanged(t, w, from, "bob", func() {
				page := w.consent(t, "ada@"+there, "bob")
				says(t, page, "It asked for ada@"+there, "signed in as bob@"+there)
				says(t, w.decide(t, page, "allow"), "ada@"+there, "bob@"+there)
			})
		})
		t.Run("a username that is taken", func(t *testing.T) {
			to.signUp(t, "taken")
			w := person{"taken", to, demo.NewBrowser()}
			page := w.fill(t, w.open(t, to.URL+"/sign-up"), "/sign-up", "username", "Taken", "email", "other@mail.example", "password", demo.Password)
			says(t, page, "taken")
		})
		t.Run("a form on another site", func(t *testing.T) {
			w := to.signUp(t, "victim")
			unchanged(t, w, from, "ada", func() { says(t, crossPost(t, w, "ada@"+there), "another site", "Nothing was done") })
			if strings.Contains(w.open(t, to.URL+"/move").Text(), "From ada@") {
				t.Error("a move was begun")
			}
		})
	})
}

// unchanged holds the accounts at both ends to what they were before do.
func unchanged(t *testing.T, w person, from *testPod, name string, do func()) {
	t.Helper()
	before := []holding{from.holding(t, name), w.home.holding(t, w.name)}
	do()
	for i, after := range []holding{from.holding(t, name), w.home.holding(t, w.name)} {
		if !after.equal(before[i]) {
			t.Errorf("an account was changed:\n%s\nbefore:\n%s", after, before[i])
		}
	}
}

// says looks for words on a page that a person reads.
func says(t *testing.T, page *demo.Page, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(page.Text(), word) {
			t.Errorf("%s (%d) does not say %q: %s", page.URL, page.Status, word, page.Text())
		}
	}
	for _, internal := range []string{"transfer:", "goroutine", "sql", "nil", "%!"} {
		if strings.Contains(page.Text(), internal) {
			t.Errorf("%s shows internals (%q): %s", page.URL, internal, page.Text())
		}
	}
}

// crossPost sends the form that begins a move as a page of another site would:
// with the person's cookies.
func crossPost(t *testing.T, w person, id string) *demo.Page {
	t.Helper()
	page, err := w.browser.Send(t.Context(), "http://evil.example", w.home.URL+"/move", url.Values{"id": {id}, "purpose": {"move"}})
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusForbidden {
		t.Errorf("the answer is %d", page.Status)
	}
	return page
}

// username makes a name of an account out of words.
func username(words string) string {
	return strings.ReplaceAll(strings.ToLower(words), " ", "_")
}

// nobody is an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// stranger is the host and port of a server that is no pod.
func stranger(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func rubbish(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "<!DOCTYPE html><title>A garden</title><p>Welcome to our garden.")
}

// huge is JSON without an end, as fast as it can be read.
func huge(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jrd+json")
	fmt.Fprint(w, `{"subject":"`)
	for r.Context().Err() == nil {
		fmt.Fprint(w, strings.Repeat("x", 1<<16))
	}
}

// endless is JSON without an end, a byte at a time.
func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jrd+json")
	fmt.Fprint(w, `{"subject":"`)
	for r.Context().Err() == nil {
		fmt.Fprint(w, "x")
		_ = http.NewResponseController(w).Flush() // the other end notices if it fails
		time.Sleep(100 * time.Millisecond)
	}
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
