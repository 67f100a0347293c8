package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"podmove/internal/demo"
)

// TestLogs searches what two pods logged about a whole move, at the most
// talkative level, for each secret that passed between them and the person.
func TestLogs(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		s, from, to := newStory(t, dialect, "sample", "PODMOVE_GRACE=1h")
		secrets := secrets{}
		behind(t, from).seen = secrets.read
		s.Old.URL = from.URL
		start(t, from, to)
		tell(t, s.Begin)
		tell(t, s.Watch)
		w := person{s.Name, to, s.Browser()}
		w.fill(t, w.open(t, s.Departure()), "/undo")
		w.follow(t, s.Move(), "undone", "done")
		for _, p := range []*testPod{from, to} {
			if err := p.Stop(); err != nil {
				t.Error(err)
			}
		}
		secrets.know(s)
		secrets.complete(t)
		for _, p := range []*testPod{from, to} {
			secrets.search(t, "the log of "+p.URL, p.log.String())
			secrets.search(t, "the audit log of "+p.URL, p.execute(t, "", "audit", "list", "--json"))
		}
	})
}

// secrets are values by what they are.
type secrets map[string]map[string]bool

// add keeps a value that is too long to stand in a log by chance.
func (s secrets) add(what, value string) {
	if len(value) < 12 {
		return
	}
	if s[what] == nil {
		s[what] = map[string]bool{}
	}
	s[what][value] = true
}

// Members and parameters that are secret wherever they stand.
var secretNames = []string{"access_token", "refresh_token", "id_token", "client_secret", "registration_access_token", "code", "code_verifier", "client_assertion", "request_uri", "state", "password"}

// read takes the secrets out of a request and its answer.
func (s secrets) read(response *http.Response, answer []byte) {
	if _, token, found := strings.Cut(response.Request.Header.Get("Authorization"), " "); found {
		s.add("token", token)
	}
	for _, cookie := range append(response.Request.Cookies(), response.Cookies()...) {
		s.add("cookie", cookie.Value)
	}
	queries := []url.Values{response.Request.URL.Query()}
	if target, err := url.Parse(response.Header.Get("Location")); err == nil {
		queries = append(queries, target.Query())
	}
	var members map[string]any
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/problem+json") { // whose code is a word that everybody knows
		_ = json.Unmarshal(answer, &members) // pages are not JSON
	}
	for _, name := range secretNames {
		for _, q := range queries {
			s.add(name, q.Get(name))
		}
		if value, ok := members[name].(string); ok {
			s.add(name, value)
		}
	}
}

// know adds what the person of a story knows.
func (s secrets) know(story *demo.Story) {
	for _, p := range story.Truth.Posts {
		first, _, _ := strings.Cut(p.Text, "\n")
		s.add("text of a post", strings.Trim(first, `*"`))
	}
	for _, cookie := range append(story.Browser().Cookies(story.Old.URL), story.Browser().Cookies(story.New.URL)...) {
		s.add("cookie", cookie)
	}
	s.add("password", demo.Password)
}

// complete makes sure that the search is not for nothing.
func (s secrets) complete(t *testing.T) {
	t.Helper()
	for _, what := range []string{"token", "cookie", "code", "access_token", "refresh_token", "request_uri", "state", "password", "text of a post"} {
		if len(s[what]) == 0 {
			t.Errorf("no %s was seen", what)
		}
	}
}

var jws = regexp.MustCompile(`eyJ[0-9A-Za-z_-]{20,}`)

// search looks for every secret in a text.
func (s secrets) search(t *testing.T, where, text string) {
	t.Helper()
	for what, values := range s {
		for value := range values {
			if at := strings.Index(text, value); at >= 0 {
				t.Errorf("%s holds a %s: %.300s", where, what, text[max(0, at-150):])
			}
		}
	}
	if found := jws.FindString(text); found != "" {
		t.Errorf("%s holds a signed message: %.40s", where, found)
	}
}
