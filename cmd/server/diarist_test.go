package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/invariants"
)

// A diarist goes on writing, editing and deleting at the old pod while the
// account moves, and tells the watch what it was told.
type diarist struct {
	person
	watch *invariants.Watch
	rand  *rand.Rand
	posts []string // guids of posts that it wrote
	said  int      // how many texts it has sent
}

// scribble has somebody write until the account takes no more, or stop is
// called, which answers how many texts were sent.
func scribble(t *testing.T, from *testPod, name string, watch *invariants.Watch, seed uint64) (stop func() int) {
	t.Helper()
	s := &diarist{person: from.signIn(t, name), watch: watch, rand: rand.New(rand.NewPCG(seed, 1))}
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for ctx.Err() == nil {
			s.act(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(40+s.rand.IntN(120)) * time.Millisecond):
			}
		}
	})
	return func() int {
		cancel()
		writing.Wait()
		return s.said
	}
}

func (s *diarist) act(ctx context.Context) {
	if len(s.posts) == 0 || s.rand.IntN(2) == 0 {
		s.write(ctx)
		return
	}
	at := s.rand.IntN(len(s.posts))
	if s.rand.IntN(3) > 0 {
		s.edit(ctx, s.posts[at])
		return
	}
	if s.remove(ctx, s.posts[at]) {
		s.posts = append(s.posts[:at], s.posts[at+1:]...)
	}
}

func (s *diarist) text() string {
	s.said++
	return fmt.Sprintf("%s writes text %d while the account moves.", s.name, s.said)
}

// form opens a page and sends its form; tried is called before it is sent.
func (s *diarist) form(ctx context.Context, address, action string, set map[string]string, tried func()) (*demo.Page, bool) {
	page, err := s.browser.Open(ctx, s.home.URL+address)
	if err != nil {
		return nil, false
	}
	if _, err := page.Form(action); err != nil {
		return nil, false
	}
	tried()
	page, err = page.Fill(ctx, action, set)
	return page, err == nil && page.Status == http.StatusOK && page.URL.Path != "/sign-in"
}

func (s *diarist) write(ctx context.Context) {
	text := s.text()
	page, ok := s.form(ctx, "/posts/new", "/posts", map[string]string{"text": text, "audience": "public"}, func() {})
	if ok && path.Dir(page.URL.Path) == "/posts" && page.URL.Host == s.home.Host() {
		guid := path.Base(page.URL.Path)
		s.posts = append(s.posts, guid)
		s.watch.Wrote(guid, text)
	}
}

func (s *diarist) edit(ctx context.Context, guid string) {
	text, address := s.text(), "/posts/"+guid+"/edit"
	page, ok := s.form(ctx, address, address, map[string]string{"text": text}, func() { s.watch.Tried(guid, text) })
	if ok && page.URL.Path == "/posts/"+guid && page.URL.Host == s.home.Host() {
		s.watch.Wrote(guid, text)
	}
}

func (s *diarist) remove(ctx context.Context, guid string) (asked bool) {
	address := "/posts/" + guid + "/delete"
	page, ok := s.form(ctx, address, address, nil, func() {
		s.watch.TriedDeleting(guid)
		asked = true
	})
	if ok && page.URL.Host == s.home.Host() && page.URL.Path != address {
		s.watch.Deleted(guid)
	}
	return asked
}
