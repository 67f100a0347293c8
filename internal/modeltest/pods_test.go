package modeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/invariants"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/transfertest"
)

// The times that people are given (Protocol §7.3, §7.5).
const (
	grace  = 30 * 24 * time.Hour
	notice = 7 * 24 * time.Hour
)

// A side is one pod: a real database, photos and a key, behind an address where
// strangers may knock.
type side struct {
	store *store.Store
	blobs *blob.Dir
	key   keys.Key
	url   string
	place invariants.Pod
	close func()
}

// Pods are an old pod and a new one, with one clock. Accounts that were tried on
// them stay, as the others whom nothing may touch.
type pods struct {
	old, new side
	accounts int

	mu  sync.Mutex
	now time.Time
}

// after makes pods when those that were there have done their service.
func (p *pods) after(t testing.TB, dialect string) *pods {
	if p != nil {
		p.old.close()
		p.new.close()
	}
	return newPods(t, dialect)
}

func newPods(t testing.TB, dialect string) *pods {
	p := &pods{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	p.old, p.new = p.side(t, dialect), p.side(t, dialect)
	return p
}

func (p *pods) side(t testing.TB, dialect string) side {
	var s side
	dsn, photos := storetest.DSN(t, dialect), t.TempDir()
	var err error
	if s.store, err = store.Open(t.Context(), store.Options{DSN: dsn, Now: p.clock}); err != nil {
		t.Fatal(err)
	}
	if s.blobs, err = blob.OpenDir(photos, time.Now); err != nil {
		t.Fatal(err)
	}
	if s.key, err = keys.Generate(); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(door{s.store})
	s.close = sync.OnceFunc(func() {
		web.Close()
		if err := errors.Join(s.store.Close(), s.blobs.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.close)
	s.url = web.URL
	s.place = invariants.Pod{URL: s.url, Driver: "sqlite", DSN: "file:" + dsn[len("sqlite:"):] + "?_pragma=busy_timeout(15000)", Photos: photos}
	if dialect == storetest.Postgres {
		s.place.Driver, s.place.DSN = "pgx", dsn
	}
	return s
}

func (p *pods) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *pods) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (s side) sign(typ string, claims any) (string, error) { return keys.Sign(s.key, typ, claims) }

func (s side) jwks() []byte {
	raw, err := json.Marshal(keys.SetOf(s.key))
	if err != nil {
		panic(err) // a key that was just made
	}
	return raw
}

func verify(_ context.Context, p transfer.Pin, jws, typ string, claims any) error {
	set, err := keys.ParseSet(p.Keys)
	if err != nil {
		return err
	}
	return keys.Verify(jws, typ, set, claims)
}

// settle adds an account of one name at both pods, with a little of everything at
// the old one and a post of its own at the new one.
func (p *pods) settle(ctx context.Context) (name string, old, new pod.Account, err error) {
	p.accounts++
	name = "mover" + strconv.Itoa(p.accounts)
	if old, err = p.old.account(ctx, name, p.clock()); err == nil {
		new, err = p.new.account(ctx, name, p.clock())
	}
	if err == nil {
		err = p.old.furnish(ctx, name, old.ID, p.clock())
	}
	if err == nil {
		_, err = p.new.store.CreatePost(ctx, new.ID, transfer.Post{Public: true, Text: "mine, here", CreatedAt: transfer.TimeOf(p.clock())})
	}
	return name, old, new, err
}

func (s side) account(ctx context.Context, name string, at time.Time) (pod.Account, error) {
	return s.store.AddAccount(ctx, pod.Account{GUID: pod.NewGUID(), Username: name, State: pod.Active, CreatedAt: at}, "", pod.NewGUID())
}

// furnish writes what the account holds: posts for everyone and for friends, with
// photos and without, a friend in an aspect, and somebody blocked.
func (s side) furnish(ctx context.Context, name string, account int64, at time.Time) error {
	var photos []string
	made := transfertest.Made("aurora@old.example")
	for i, e := range made.Entries[transfer.Photos][:2] {
		photo, err := transfer.Decode[transfer.Photo](e)
		if err != nil {
			return err
		}
		content := made.Content[e.GUID] // the first that of everyone's, which the new pod may have
		if i > 0 {
			content = append(bytes.Clone(content), name...)
		}
		photo.SHA256, photo.Size = transfer.Sum(content), int64(len(content))
		if _, _, err := s.blobs.Put(ctx, bytes.NewReader(content), string(photo.SHA256), photo.Size); err != nil {
			return err
		}
		photo.Public = i == 0 // as the post that shows it
		kept, err := s.store.CreatePhoto(ctx, account, photo)
		if err != nil {
			return err
		}
		photos = append(photos, kept.GUID)
	}
	aspect, err := s.store.AddAspect(ctx, account, transfer.Aspect{Name: "Friends"})
	if err != nil {
		return err
	}
	if _, err := s.store.AddContact(ctx, account, transfer.Contact{ID: "friend@river.example", Receiving: true, Aspects: []string{aspect}}); err != nil {
		return err
	}
	if _, err := s.store.AddBlock(ctx, account, transfer.Block{ID: "pest@swamp.example"}); err != nil {
		return err
	}
	for i, post := range []transfer.Post{
		{Public: true, Text: "everyone", Photos: photos[:1]}, {Text: "friends", Audience: []string{"friend@river.example"}, Photos: photos[1:]},
		{Public: true, Text: "more"}, {Public: true, Text: "and more"}, {Text: "nobody"},
	} {
		post.CreatedAt = transfer.TimeOf(at.Add(time.Duration(i) * time.Second))
		if _, err := s.store.CreatePost(ctx, account, post); err != nil {
			return err
		}
	}
	return nil
}

// allScopes are those of a pod that moves somebody.
var allScopes = []string{oauth.ScopeRead, oauth.ScopeMove}
