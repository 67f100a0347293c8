package source_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

const (
	oldPod      = "https://old.example"
	newPod      = "https://new.example"
	newClient   = newPod + "/oauth/client.json"
	destination = "aurora@new.example"
)

// A world is an old pod with one account of the fixture's items, and the keys
// of a new pod.
type world struct {
	*source.Service
	store   *store.Store
	options source.Options
	account pod.Account
	fixture transfertest.Fixture
	theirs  keys.Key // the new pod's
	now     time.Time
	raised  []string // transfers whose stubs went up
	revoked []string
}

// each runs body in a world on each database.
func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) { body(t, newWorld(t, dialect)) })
	}
}

func newWorld(t *testing.T, dialect string) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), fixture: transfertest.Made(transfertest.Aurora)}
	w.store = storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return w.now } })
	ours, theirs := must(keys.Generate())(t), must(keys.Generate())(t)
	w.theirs = theirs
	blobs := must(blob.OpenDir(t.TempDir(), time.Now))(t)
	t.Cleanup(func() { blobs.Close() })
	w.options = source.Options{
		Origin: oldPod, Records: w.store, Transfers: w.store, Blobs: blobs,
		Sign: func(typ string, claims any) (string, error) { return keys.Sign(ours, typ, claims) },
		Peek: keys.Peek,
		Verify: func(_ context.Context, p transfer.Pin, jws, typ string, claims any) error {
			set, err := keys.ParseSet(p.Keys)
			if err != nil {
				return err
			}
			return keys.Verify(jws, typ, set, claims)
		},
		Raise: func(_ context.Context, t source.Transfer) error {
			w.raised = append(w.raised, t.ID)
			return nil
		},
		Revoke: func(ctx context.Context, grant string) error {
			w.revoked = append(w.revoked, grant)
			return w.store.RevokeGrant(ctx, grant, w.now)
		},
		Event: w.store.Event, CursorKey: []byte("0123456789abcdef0123456789abcdef"),
		Grace: 30 * 24 * time.Hour, Now: func() time.Time { return w.now },
	}
	w.Service = source.New(w.options)
	w.account = w.add(t, "aurora", blobs, w.fixture)
	return w
}

func account(name string, at time.Time) pod.Account {
	return pod.Account{GUID: fmt.Sprintf("%032x", len(name)) + name, Username: name, State: pod.Active, CreatedAt: at}
}

// add makes an account that holds the fixture.
func (w *world) add(t *testing.T, name string, blobs *blob.Dir, f transfertest.Fixture) pod.Account {
	t.Helper()
	a := must(w.store.AddAccount(t.Context(), account(name, w.now), "", "profile-of-"+name+"-0001"))(t)
	into := w.store.Writer(store.Run{
		ID: name, Account: a.ID, Issuer: "https://older.example", SourceAccount: name,
		URLs: store.URLs{Post: oldPod + "/posts/", Photo: oldPod + "/uploads/images/"},
	}, blobs)
	for _, e := range f.Entries[transfer.Photos] {
		photo := must(transfer.Decode[transfer.Photo](e))(t)
		check(t, into.Keep(t.Context(), photo.SHA256, photo.Size, func(from int64) (io.ReadCloser, error) {
			return io.NopCloser(bytesFrom(f.Content[e.GUID], from)), nil
		}))
	}
	for _, c := range transfer.Collections() {
		p := transfer.Page{Collection: c, Next: "1", Through: 1, CaughtUp: true, Entries: f.Entries[c]}
		for _, o := range must(into.Write(t.Context(), p))(t) {
			if o.Result != transfer.Imported {
				t.Fatalf("%s of %s: %s %s", o.Collection, name, o.Result, o.Reason)
			}
		}
	}
	return a
}

// grant is the person's agreement to a move to the new pod; change may make it
// another.
func (w *world) grant(change ...func(*oauth.Grant)) oauth.Grant {
	g := oauth.Grant{
		ID: rand.Text(), Account: w.account.GUID, Client: newClient,
		Scopes:  []string{oauth.ScopeRead, oauth.ScopeMove},
		Details: oauth.Details{Type: oauth.DetailsType, Purpose: "move", Limited: true, Destination: destination},
	}
	g.Keys, _ = json.Marshal(w.theirs.Public())
	for _, c := range transfer.Collections() {
		g.Details.Collections = append(g.Details.Collections, string(c))
	}
	for _, c := range change {
		c(&g)
	}
	return g
}

func copying(g *oauth.Grant) {
	g.Details.Purpose = "copy"
	g.Scopes = []string{oauth.ScopeRead}
}

func opening(purpose transfer.Purpose) transfer.Opening {
	return transfer.Opening{Purpose: purpose, Nonce: rand.Text(), Format: transfer.Format}
}

// open opens a transfer of the grant's purpose.
func (w *world) open(t *testing.T, g oauth.Grant) transfer.Plan {
	t.Helper()
	return must(w.Open(t.Context(), g, opening(transfer.Purpose(g.Details.Purpose))))(t).Plan
}

// page asks for one page with a fresh nonce.
func (w *world) page(t *testing.T, g oauth.Grant, id string, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	return w.Page(t.Context(), g, id, source.PageRequest{Collection: c, After: after, Limit: limit, Nonce: rand.Text()})
}

// pull reads a collection to its end from a cursor on.
func (w *world) pull(t *testing.T, g oauth.Grant, id string, c transfer.Collection, after transfer.Cursor) (list []transfer.Entry, next transfer.Cursor) {
	t.Helper()
	for {
		p := must(w.page(t, g, id, c, after, 7))(t)
		list, after = append(list, p.Entries...), p.Next
		if p.CaughtUp {
			return list, after
		}
	}
}

func (w *world) events(t *testing.T, subject string) (kinds []string) {
	t.Helper()
	for _, e := range must(w.store.EventsOf(t.Context(), w.account.ID, subject, 100))(t) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}
