package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/invariants"
	"podmove/transfer"
	"podmove/transfer/source"
)

// How much is written, edited and deleted while the account is copied, in
// strides between which the copy gets a page further.
const (
	strides = 10
	writes  = 200 / strides
	edits   = 50 / strides
	deletes = 20 / strides
)

// TestMoveWhileWriting: the person goes on writing, editing and deleting at the
// old pod while the account is copied, and until it stands still. All of it is
// at the new pod, item by item.
func TestMoveWhileWriting(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=20", "PODMOVE_LIMIT_ACCOUNT=60000"), newQuickPod(t, dialect)
		v := behind(t, from)
		s := writersTale(t, from, to)
		w := &writer{posts: postTexts(t, from, s.Name)}
		w.old = slices.Sorted(maps.Keys(w.posts))
		start(t, from, to)
		w.person = from.signIn(t, s.Name)
		goOn := v.halt(t)
		tell(t, s.Begin)
		me := person{s.Name, to, s.Browser()}
		me.waitFor(t, s.Move(), 1)
		for i := range strides {
			goOn()
			goOn = v.halt(t)
			w.stride(t, i)
		}
		w.rest(t)
		if m := me.look(t, s.Move()); m.State != "copying" {
			t.Errorf("the move is %s: it did not wait", m.State)
		}
		w.seen = watch(t, from, to, s.Name)
		goOn()
		v.free()
		last := w.untilRefused(t)
		m := me.follow(t, s.Move(), "done", "needs-attention", "cancelled")
		if m.State != "done" || m.Stood <= 0 {
			t.Fatalf("the move is %s (%s) after %d ms", m.State, m.Message, m.Stood)
		}
		old := from.holding(t, s.Name)
		t.Logf("the account stood still for %v, with %d posts and %d photos; its person wrote %d posts, edited %d and deleted %d during the copy, and wrote %d more until it stood still",
			time.Duration(m.Stood)*time.Millisecond, old.Items[transfer.Posts].Count, old.photos(), strides*writes, strides*edits, strides*deletes, last)
		sameItems(t, old, to.holding(t, s.Name))
		w.compare(t, postTexts(t, from, s.Name), postTexts(t, to, s.Name))
		if old.MovedTo != s.ID(s.New) {
			t.Errorf("the old account moved to %q", old.MovedTo)
		}
		says(t, me.open(t, to.URL+"/settings/profile"), "Written meanwhile.")
		w.seen.Check(t)
	})
}

// writersTale is of an account in a diaspora* archive that the environment names,
// as "make writing" does, or else of the sample account.
func writersTale(t *testing.T, from, to *testPod) *demo.Story {
	t.Helper()
	archive, photos := os.Getenv("PODMOVE_WRITING_ARCHIVE"), os.Getenv("PODMOVE_WRITING_PHOTOS")
	if archive == "" {
		return tale(t, "sample", 1, from, to)
	}
	s := &demo.Story{Old: from.Process, New: to.Process, Name: "writer", Tell: demo.NewTeller(io.Discard)}
	from.addAccount(t, s.Name)
	from.execute(t, "", "import", "--account", s.Name, archive, photos)
	return s
}

// A writer is somebody at work at their pod, who remembers what they did.
type writer struct {
	person
	old   []string          // posts from before, by guid
	fresh []string          // posts written meanwhile
	posts map[string]string // all that are to be there, and what they say
	gone  []string
	seen  *invariants.Watch // of what is written at the last moment
}

// stride writes some posts, and edits and deletes of the old and the new ones.
func (w *writer) stride(t *testing.T, n int) {
	t.Helper()
	for i := range writes {
		if !w.write(t, fmt.Sprintf("Written meanwhile, number %d of stride %d.", i, n)) {
			t.Fatal("nothing can be written")
		}
	}
	mine := w.fresh[len(w.fresh)-writes:]
	for i := range edits {
		w.edit(t, pick(mine, w.old, i, n))
	}
	for i := range deletes {
		w.remove(t, pick(mine, w.old, edits+i, n))
	}
}

// pick is every other time a new post and an old one, each only once.
func pick(mine, old []string, i, n int) string {
	if i%2 == 0 {
		return mine[i]
	}
	return old[(n*len(old)/strides + i)]
}

// write publishes a post, and reports whether the pod took it.
func (w *writer) write(t *testing.T, text string) bool {
	t.Helper()
	page := w.send(t, "/posts", url.Values{"text": {text}, "audience": {"public"}})
	if page.Status == http.StatusConflict {
		return false
	}
	guid := path.Base(page.URL.Path)
	if page.Status != http.StatusOK || !transfer.ValidGUID(guid) {
		t.Fatalf("%s answers %d: %s", page.URL, page.Status, page.Text())
	}
	w.posts[guid], w.fresh = text, append(w.fresh, guid)
	if w.seen != nil {
		w.seen.Wrote(guid, text)
	}
	return true
}

func (w *writer) edit(t *testing.T, guid string) {
	t.Helper()
	text := "Edited meanwhile: " + w.posts[guid]
	if page := w.fill(t, w.open(t, w.home.URL+"/posts/"+guid+"/edit"), "/edit", "text", text); page.Status != http.StatusOK {
		t.Fatalf("%s answers %d: %s", page.URL, page.Status, page.Text())
	}
	w.posts[guid] = text
}

func (w *writer) remove(t *testing.T, guid string) {
	t.Helper()
	if page := w.send(t, "/posts/"+guid+"/delete", nil); page.Status != http.StatusOK {
		t.Fatalf("%s answers %d: %s", page.URL, page.Status, page.Text())
	}
	delete(w.posts, guid)
	w.gone = append(w.gone, guid)
}

// rest changes what is no post: the profile, an aspect's name, and a contact,
// who goes.
func (w *writer) rest(t *testing.T) {
	t.Helper()
	w.fill(t, w.open(t, w.home.URL+"/settings/profile"), "/settings/profile", "bio", "Written meanwhile.")
	page := w.open(t, w.home.URL+"/contacts")
	w.fill(t, page, "/aspects/", "name", "Named meanwhile")
	contact, ok := page.Link("/contacts/")
	if !ok {
		t.Fatal("there is no contact")
	}
	w.send(t, contact, nil)
	page = w.open(t, w.home.URL+"/contacts")
	says(t, page, "Named meanwhile")
	if page := w.open(t, w.home.URL+contact); page.Status != http.StatusNotFound {
		t.Errorf("the contact is there: %d", page.Status)
	}
}

// untilRefused goes on writing until the account stands still, or has moved. It
// answers how many posts the pod took.
func (w *writer) untilRefused(t *testing.T) (n int) {
	t.Helper()
	for w.write(t, fmt.Sprintf("Written at the last moment, number %d.", n)) {
		n++
		time.Sleep(20 * time.Millisecond) // nobody writes faster
	}
	return n
}

func (w *writer) send(t *testing.T, path string, form url.Values) *demo.Page {
	t.Helper()
	page, err := w.browser.Send(t.Context(), w.home.URL, w.home.URL+path, form)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// compare holds both accounts against what the writer remembers.
func (w *writer) compare(t *testing.T, old, now map[string]string) {
	t.Helper()
	for where, there := range map[string]map[string]string{"old": old, "new": now} {
		for guid, text := range w.posts {
			if got, ok := there[guid]; !ok || got != text {
				t.Errorf("at the %s pod, %s (%t) says %q, want %q", where, guid, ok, got, text)
			}
		}
		for _, guid := range w.gone {
			if _, ok := there[guid]; ok {
				t.Errorf("at the %s pod, %s is there, which was deleted", where, guid)
			}
		}
		if len(there) != len(w.posts) {
			t.Errorf("at the %s pod are %d posts, want %d", where, len(there), len(w.posts))
		}
	}
}

// postTexts are what an account's posts say, by guid.
func postTexts(t *testing.T, p *testPod, name string) map[string]string {
	t.Helper()
	s, a := p.owner(t, name)
	defer s.Close()
	texts, scope := map[string]string{}, source.Scope{Account: a.ID, Collections: transfer.Collections(), Limited: true}
	for after, more := int64(0), true; more; {
		list, others, err := s.Changes(t.Context(), scope, transfer.Posts, after, 1<<62, 500, 1<<20)
		more = others
		for _, c := range list {
			post, decoded := transfer.Decode[transfer.Post](c.Entry)
			if decoded != nil {
				t.Fatal(decoded)
			}
			texts[c.Entry.GUID], after = post.Text, c.Seq
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
