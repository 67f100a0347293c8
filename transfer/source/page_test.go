package source_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

func TestReader(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := 0
		transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
			made++
			fresh := w
			if f.Owner != transfertest.Aurora {
				other := *w
				other.account = w.add(t, "borealis", nil, transfertest.Fixture{Entries: withoutPhotos(f)})
				fresh = &other
			}
			g := fresh.grant()
			return fresh.Reader(g, fresh.open(t, g).Transfer)
		})
		if made < 2 {
			t.Errorf("the suite made %d readers", made)
		}
	})
}

// withoutPhotos spares the second account the bytes.
func withoutPhotos(f transfertest.Fixture) map[transfer.Collection][]transfer.Entry {
	entries := make(map[transfer.Collection][]transfer.Entry)
	for c, list := range f.Entries {
		if c != transfer.Photos {
			entries[c] = list
		}
	}
	return entries
}

func TestPageNonce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant(copying)
		id := w.open(t, g).Transfer
		nonce := rand.Text()
		ask := func(after transfer.Cursor, nonce string) (transfer.Page, error) {
			return w.Page(t.Context(), g, id, source.PageRequest{Collection: transfer.Posts, After: after, Limit: 5, Nonce: nonce})
		}
		first := must(ask("", nonce))(t)
		t.Run("refuses a nonce seen before", func(t *testing.T) {
			_, err := ask("", nonce)
			want(t, err, transfer.NonceReplayed)
			_, err = ask(first.Next, nonce)
			want(t, err, transfer.NonceReplayed)
		})
		t.Run("gives the same bytes for the same cursor and a fresh nonce", func(t *testing.T) {
			a, b := must(ask(first.Next, rand.Text()))(t), must(ask(first.Next, rand.Text()))(t)
			if !bytes.Equal(written(t, a), written(t, b)) {
				t.Errorf("%s\n%s", written(t, a), written(t, b))
			}
		})
		t.Run("takes the same nonce in another transfer", func(t *testing.T) {
			other := w.open(t, g).Transfer
			must(w.Page(t.Context(), g, other, source.PageRequest{Collection: transfer.Posts, Nonce: nonce}))(t)
		})
		t.Run("refuses none, and a weak one", func(t *testing.T) {
			for _, weak := range []string{"", "abc", strings.Repeat("x", 21), strings.Repeat("x", 129), strings.Repeat("x", 22) + "\n"} {
				_, err := ask("", weak)
				want(t, err, transfer.NonceMissing)
			}
		})
		t.Run("does not spend a nonce on a page that it did not give", func(t *testing.T) {
			fresh := rand.Text()
			_, err := ask("garbage", fresh)
			want(t, err, transfer.CursorInvalid)
			must(ask("", fresh))(t)
		})
	})
}

func written(t *testing.T, p transfer.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, transfer.WritePage(&b, p))
	return b.Bytes()
}

// restored are records of a database that was restored: another epoch.
type restored struct{ source.Records }

func (r restored) Mark(ctx context.Context, account int64) (int64, string, error) {
	seq, epoch, err := r.Records.Mark(ctx, account)
	return seq, epoch + "-restored", err
}

// forgetful are records of a database that has lost its newest changes.
type forgetful struct{ source.Records }

func (r forgetful) Mark(ctx context.Context, account int64) (int64, string, error) {
	_, epoch, err := r.Records.Mark(ctx, account)
	return 1, epoch, err
}

func TestCursorPlace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant(copying)
		id := w.open(t, g).Transfer
		next := must(w.page(t, g, id, transfer.Posts, "", 5))(t).Next
		t.Run("is refused in another collection", func(t *testing.T) {
			_, err := w.page(t, g, id, transfer.Photos, next, 5)
			want(t, err, transfer.CursorInvalid)
		})
		for name, change := range map[string]func(*oauth.Grant){
			"is refused of another client":     func(g *oauth.Grant) { g.Client = "https://other.example/client.json" },
			"is refused under another scope":   func(g *oauth.Grant) { g.Details.Limited = false },
			"is refused under another filter":  func(g *oauth.Grant) { g.Details.Until = "2030-01-01T00:00:00Z" },
			"is refused under an older filter": func(g *oauth.Grant) { g.Details.Since = "1999-01-01T00:00:00Z" },
		} {
			t.Run(name, func(t *testing.T) {
				other := w.grant(copying, change)
				_, err := w.page(t, other, w.open(t, other).Transfer, transfer.Posts, next, 5)
				want(t, err, transfer.CursorInvalid)
			})
		}
		t.Run("goes on in a later transfer on the same terms", func(t *testing.T) {
			later := w.grant(copying)
			must(w.page(t, later, w.open(t, later).Transfer, transfer.Posts, next, 5))(t)
		})
		for name, records := range map[string]source.Records{
			"has expired after a restore":                    restored{w.store},
			"has expired when its changes were lost instead": forgetful{w.store},
		} {
			t.Run(name, func(t *testing.T) {
				o := w.options
				o.Records = records
				_, err := source.New(o).Page(t.Context(), g, id, source.PageRequest{Collection: transfer.Posts, After: next, Nonce: rand.Text()})
				want(t, err, transfer.CursorExpired)
			})
		}
	})
}

func TestPageFollowsChanges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := w.grant(copying)
		id := w.open(t, g).Transfer
		gone := must(w.store.CreatePost(ctx, w.account.ID, transfer.Post{Public: true, Text: "first", CreatedAt: transfer.TimeOf(w.now)}))(t)
		check(t, w.store.DeletePost(ctx, w.account.ID, gone))
		list, next := w.pull(t, g, id, transfer.Posts, "")
		t.Run("lists no deletion to a reader from nothing", func(t *testing.T) {
			if len(list) != len(w.fixture.Entries[transfer.Posts]) {
				t.Fatalf("%d entries", len(list))
			}
		})
		added := must(w.store.CreatePost(ctx, w.account.ID, transfer.Post{Public: true, Text: "second", CreatedAt: transfer.TimeOf(w.now)}))(t)
		list, later := w.pull(t, g, id, transfer.Posts, next)
		t.Run("lists what was written since", func(t *testing.T) {
			if len(list) != 1 || list[0].GUID != added {
				t.Fatalf("%+v", list)
			}
		})
		check(t, w.store.DeletePost(ctx, w.account.ID, added))
		t.Run("lists what was deleted since", func(t *testing.T) {
			for _, from := range []transfer.Cursor{next, later} {
				if list, _ := w.pull(t, g, id, transfer.Posts, from); len(list) != 1 || list[0].GUID != added || !list[0].Deleted {
					t.Fatalf("%+v", list)
				}
			}
		})
		t.Run("counts what was read", func(t *testing.T) {
			plan := must(w.State(ctx, g, id))(t)
			i := slices.IndexFunc(plan.Collections, func(c transfer.CollectionPlan) bool { return c.Collection == transfer.Posts })
			if got := plan.Collections[i].Read; got != int64(len(w.fixture.Entries[transfer.Posts])+3) || plan.State != transfer.Copying {
				t.Errorf("read %d, %s", got, plan.State)
			}
		})
	})
}

func TestPageBounds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		text := strings.Repeat("\u2028", transfer.MaxText) // 3 bytes each
		for range 30 {
			must(w.store.CreatePost(t.Context(), w.account.ID, transfer.Post{Public: true, Text: text, CreatedAt: transfer.TimeOf(w.now)}))(t)
		}
		g := w.grant(copying)
		id := w.open(t, g).Transfer
		var after transfer.Cursor
		for seen := 0; ; {
			p := must(w.page(t, g, id, transfer.Posts, after, 1000))(t)
			seen, after = seen+len(p.Entries), p.Next
			if size := len(written(t, p)); size >= transfer.MaxPageBytes || len(p.Entries) == 0 {
				t.Fatalf("a page of %d entries and %d bytes", len(p.Entries), size)
			}
			if p.CaughtUp {
				if seen != len(w.fixture.Entries[transfer.Posts])+30 {
					t.Fatalf("%d entries", seen)
				}
				break
			}
		}
		for _, limit := range []int{-1, 1001} {
			_, err := w.page(t, g, id, transfer.Posts, "", limit)
			want(t, err, transfer.RequestInvalid)
		}
		t.Run("gives no more than the pod's settings, whatever is asked for", func(t *testing.T) {
			for what, change := range map[string]func(*source.Options){
				"items": func(o *source.Options) { o.PageItems = 3 },
				"bytes": func(o *source.Options) { o.PageBytes = 64 << 10 },
			} {
				options := w.options
				change(&options)
				small := &world{Service: source.New(options)}
				if p := must(small.page(t, g, id, transfer.Posts, "", 1000))(t); p.CaughtUp || len(p.Entries) > options.PageItems && what == "items" || len(written(t, p)) > 80<<10 {
					t.Errorf("by %s, a page of %d entries and %d bytes", what, len(p.Entries), len(written(t, p)))
				}
			}
		})
	})
}

func TestPageRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant(copying, func(g *oauth.Grant) { g.Details.Collections = []string{"posts"} })
		id := w.open(t, g).Transfer
		t.Run("a collection that was not granted", func(t *testing.T) {
			_, err := w.page(t, g, id, transfer.Contacts, "", 5)
			want(t, err, transfer.NotGranted)
			_, err = w.Content(t.Context(), g, id, w.fixture.Entries[transfer.Photos][0].GUID)
			want(t, err, transfer.NotGranted)
		})
		t.Run("an unknown collection", func(t *testing.T) {
			_, err := w.page(t, g, id, "likes", "", 5)
			want(t, err, transfer.NotFound)
		})
		t.Run("a photo and a transfer whose names are no text", func(t *testing.T) {
			all := w.grant(copying)
			_, err := w.Content(t.Context(), all, w.open(t, all).Transfer, "\x00")
			want(t, err, transfer.NotFound)
			_, err = w.page(t, g, "\x00", transfer.Posts, "", 5)
			want(t, err, transfer.NotFound)
		})
		t.Run("another permission's transfer", func(t *testing.T) {
			_, err := w.page(t, w.grant(copying), id, transfer.Posts, "", 5)
			want(t, err, transfer.NotFound)
		})
		t.Run("a transfer that was idle for a week", func(t *testing.T) {
			w.now = w.now.Add(7*24*time.Hour + time.Second)
			_, err := w.page(t, g, id, transfer.Posts, "", 5)
			want(t, err, transfer.TransferClosed)
			if got := must(w.State(t.Context(), g, id))(t).State; got != transfer.ExpiredIdle || !slices.Contains(w.revoked, g.ID) {
				t.Errorf("%s, revoked %v", got, w.revoked)
			}
		})
	})
}
