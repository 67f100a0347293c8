package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"podmove/internal/demo"
)

// A person has a browser, and an account at a pod.
type person struct {
	name    string
	home    *testPod
	browser *demo.Browser
}

// signUp makes an account through the pod's form.
func (p *testPod) signUp(t *testing.T, name string) person {
	t.Helper()
	w := person{name, p, demo.NewBrowser()}
	page := w.open(t, p.URL+"/sign-up")
	page = w.fill(t, page, "/sign-up", "username", name, "email", name+"@mail.example", "password", demo.Password)
	if page.Status != 200 || page.URL.Path == "/sign-up" {
		t.Fatalf("%s could not sign up: %s", name, page.Text())
	}
	return w
}

// signIn opens a browser in which the person is signed in at the pod.
func (p *testPod) signIn(t *testing.T, name string) person {
	t.Helper()
	w := person{name, p, demo.NewBrowser()}
	w.fill(t, w.open(t, p.URL+"/sign-in"), "/sign-in", "username", name, "password", demo.Password)
	return w
}

func (w person) open(t *testing.T, address string) *demo.Page {
	t.Helper()
	page, err := w.browser.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// fill sends the form on a page with some fields set: name, value, name, value.
func (w person) fill(t *testing.T, page *demo.Page, action string, set ...string) *demo.Page {
	t.Helper()
	values := map[string]string{}
	for i := 0; i < len(set); i += 2 {
		values[set[i]] = set[i+1]
	}
	page, err := page.Fill(t.Context(), action, values)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// ask types an old ID and goes on as far as the old pod's sign-in page, or to
// whatever page says that it cannot be.
func (w person) ask(t *testing.T, id string) *demo.Page {
	t.Helper()
	page := w.fill(t, w.open(t, w.home.URL+"/move"), "/move", "id", id)
	if _, err := page.Form("/agree"); err != nil {
		return page
	}
	return w.fill(t, page, "/agree")
}

// consent types an old ID and signs in at the old pod as somebody.
func (w person) consent(t *testing.T, id, as string) *demo.Page {
	t.Helper()
	return w.fill(t, w.ask(t, id), "/sign-in", "username", as, "password", demo.Password)
}

// decide answers the consent page: "allow" or "deny".
func (w person) decide(t *testing.T, page *demo.Page, decision string) *demo.Page {
	t.Helper()
	return w.fill(t, page, "/oauth/interactions/", "decision", decision)
}

// A moveState is a move as its JSON form tells it.
type moveState struct {
	State       string `json:"state"`
	Reason      string `json:"reason"`
	Message     string `json:"message"`
	Stood       int64  `json:"stood_ms"`
	Collections []struct {
		Collection string `json:"collection"`
		Imported   int64  `json:"imported"`
		Unchanged  int64  `json:"unchanged"`
	} `json:"collections"`
}

// arrived is how many items of a collection came.
func (m moveState) arrived(collection string) int64 {
	for _, c := range m.Collections {
		if c.Collection == collection {
			return c.Imported + c.Unchanged
		}
	}
	return 0
}

// follow reads the move until it is in one of the states given.
func (w person) follow(t *testing.T, move string, states ...string) moveState {
	t.Helper()
	for end := time.Now().Add(2 * patience); ; pause(t) {
		m := w.look(t, move)
		if slices.Contains(states, m.State) {
			return m
		}
		if time.Now().After(end) {
			t.Fatalf("after %s the move is %s: %s", 2*patience, m.State, m.Message)
		}
	}
}

// look reads the move once; the zero state while its pod is down.
func (w person) look(t *testing.T, move string) (m moveState) {
	t.Helper()
	page, err := w.browser.Open(t.Context(), move+".json")
	if err != nil {
		return m
	}
	if err := json.Unmarshal(page.Body, &m); err != nil {
		t.Fatalf("%s answers %d: %s", page.URL, page.Status, page.Body)
	}
	return m
}

// address is where a page is, without what stands behind the path.
func address(page *demo.Page) string { return "http://" + page.URL.Host + page.URL.Path }
