package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// day is a moment of 2020.
func day(n int) time.Time { return time.Date(2020, 1, n, 12, 0, 0, 0, time.UTC) }

// A client follows the changes of one account within a scope.
type client struct {
	scope  source.Scope
	at     map[transfer.Collection]int64
	floor  map[transfer.Collection]int64
	knows  map[transfer.Collection]told
	checks int
}

func newClient(sc source.Scope) *client {
	return &client{scope: sc, at: map[transfer.Collection]int64{}, floor: map[transfer.Collection]int64{}, knows: map[transfer.Collection]told{}}
}

// follow reads what is new, and holds what is known then to the manifest. The
// digests are read before the pages, which would mend them.
func (k *client) follow(t *testing.T, s *store.Store) {
	t.Helper()
	for _, c := range transfer.Collections() {
		if k.knows[c] == nil {
			mark, _, err := s.Mark(t.Context(), k.scope.Account)
			must(t, err)
			k.knows[c], k.floor[c] = told{}, mark
		}
		before := told{}
		must(t, s.Digests(t.Context(), k.scope, c, func(guid string, d transfer.Digest) { before[guid] = d }))
		list := changesOf(t, s, k.scope, c, k.at[c], k.floor[c])
		k.knows[c].follow(t, list)
		if len(list) > 0 {
			k.at[c] = list[len(list)-1].Seq
		}
		wantManifest(t, s, k.scope, c, k.knows[c])
		wantManifest(t, s, k.scope, c, before)
		k.checks++
	}
}

// TestDigestsStayTrue does random things to an account, as its owner and as a
// move that fills it, while clients with different scopes follow the changes:
// whatever they were told must be what the manifest says (Protocol §3.5, §4.4).
func TestDigestsStayTrue(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			account := p.account(t, "aurora")
			clients := []*client{
				newClient(source.Scope{Account: account, Limited: true}),
				newClient(source.Scope{Account: account}),
				newClient(source.Scope{Account: account, Limited: true, Since: day(2), Until: day(3)}),
				newClient(source.Scope{Account: account, Since: day(2)}),
			}
			w := &wild{t: t, p: p, account: account, rnd: rand.New(rand.NewPCG(1, 2)), came: map[string]transfer.Post{}}
			for step := range 120 {
				w.step()
				if step%5 == 0 {
					clients[w.rnd.IntN(len(clients))].follow(t, p.s)
				}
				if t.Failed() {
					t.Fatalf("at step %d", step)
				}
			}
			for _, k := range clients {
				k.follow(t, p.s)
				if len(k.knows[transfer.Posts]) == 0 || len(k.knows[transfer.Photos]) == 0 {
					t.Errorf("nothing was seen in scope %+v", k.scope)
				}
			}
		})
	}
}

// wild does random things.
type wild struct {
	t       *testing.T
	p       *testPod
	account int64
	rnd     *rand.Rand
	posts   []string // made here
	photos  []string // made here
	came    map[string]transfer.Post
	guids   []string // that came, posts
	count   int
}

func (w *wild) step() {
	w.count++
	switch w.rnd.IntN(9) {
	case 0, 1:
		w.photos = append(w.photos, w.author(w.photo()))
	case 2, 3:
		w.posts = append(w.posts, w.author(w.post(w.photos)))
	case 4:
		w.deletePost()
	case 5:
		w.author(transfer.Profile{Bio: w.text(), Tags: []string{"two words", w.text()}})
		w.author(transfer.Block{ID: fmt.Sprintf("b%d@pod.example", w.count)})
	case 6:
		aspect := w.author(transfer.Aspect{Name: w.text()})
		w.author(transfer.Contact{ID: fmt.Sprintf("c%d@pod.example", w.count), Aspects: []string{aspect}, Receiving: w.rnd.IntN(2) == 0})
	default:
		w.pages()
	}
}

func (w *wild) author(item transfer.Item) string { return w.p.Author(w.t, "aurora", item) }

func (w *wild) text() string {
	return []string{"", "a <b> & c", "\u2028 and \u2029", "ascii \x01\x7f\t\r\n\"\\", "الس 🌲 \ufeff"}[w.rnd.IntN(5)] + fmt.Sprint(w.count)
}

func (w *wild) photo() transfer.Photo {
	return transfer.Photo{
		CreatedAt: transfer.TimeOf(day(1 + w.rnd.IntN(4))), Name: "0123456789abcdef.png", Public: w.rnd.IntN(2) == 0,
		SHA256: transfer.Sum([]byte(w.text())), Size: 5, Type: "image/png", Text: w.text(),
	}
}

// post may hang photos that hang elsewhere, too.
func (w *wild) post(photos []string) transfer.Post {
	p := transfer.Post{CreatedAt: transfer.TimeOf(day(1 + w.rnd.IntN(4))), Text: w.text(), Public: w.rnd.IntN(2) == 0}
	if !p.Public {
		p.Audience = []string{"friend1@pod.example", "friend2@pod.example"}[:w.rnd.IntN(3)]
	}
	if len(photos) > 0 && w.rnd.IntN(2) == 0 {
		p.Photos = append(p.Photos, photos[w.rnd.IntN(len(photos))])
	}
	if w.rnd.IntN(5) == 0 {
		p.Root = &transfer.Root{}
	}
	return p
}

func (w *wild) deletePost() {
	if len(w.posts) == 0 {
		return
	}
	i := w.rnd.IntN(len(w.posts))
	must(w.t, w.p.s.DeletePost(w.t.Context(), w.account, w.posts[i]))
	w.posts = slices.Delete(w.posts, i, i+1)
}

// pages brings new posts and photos, later bytes of old ones, and deletions.
func (w *wild) pages() {
	var entries []transfer.Entry
	for _, guid := range w.guids {
		switch w.rnd.IntN(6) {
		case 0:
			entries = append(entries, transfer.Entry{GUID: guid, Deleted: true})
			delete(w.came, guid)
		case 1:
			later := w.came[guid]
			later.Public, later.Audience, later.Text = !later.Public, nil, w.text()
			if later.CreatedAt == "" { // was deleted, and is there again
				later = w.post(w.guids)
			}
			w.came[guid] = later
			entries = append(entries, w.entry(guid, later))
		}
	}
	for range w.rnd.IntN(3) {
		guid := transfer.Sum([]byte(fmt.Sprint(w.count, len(w.guids))))[:32]
		photo := w.photo()
		must(w.t, w.p.s.NoteBlob(w.t.Context(), photo.SHA256, photo.Size))
		w.write(transfer.Photos, []transfer.Entry{w.entry(string(guid), photo)})
		w.came[string(guid)] = w.post(append(w.guids, string(guid)))
		entries = append(entries, w.entry(string(guid), w.came[string(guid)]))
		w.guids = append(w.guids, string(guid))
	}
	w.write(transfer.Posts, entries)
}

func (w *wild) entry(guid string, item transfer.Item) transfer.Entry {
	e, err := transfer.Encode(guid, item)
	must(w.t, err)
	return e
}

func (w *wild) write(c transfer.Collection, entries []transfer.Entry) {
	to := w.p.Writer(w.t, "aurora", "elsewhere")
	after, err := to.Progress(w.t.Context(), c)
	must(w.t, err)
	_, err = to.Write(w.t.Context(), transfer.Page{Collection: c, After: after, Next: after + "x", Through: int64(len(after)) + 1, Entries: entries})
	must(w.t, err)
}
