package redirects_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

const (
	oldPod = "https://old.example"
	newPod = "https://new.example"
	grace  = 30 * 24 * time.Hour
	notice = 7 * 24 * time.Hour
)

// A side is one pod: a real store, real blobs, a key and one account.
type side struct {
	store   *store.Store
	blobs   *blob.Dir
	key     keys.Key
	account pod.Account
}

// A world is an old pod and a new one that took everything from it. What would
// go over the wire goes through send.
type world struct {
	*testing.T
	old, new  side
	fixture   transfertest.Fixture
	redirects *redirects.Service
	source    *source.Service
	mover     *destination.Mover
	keeper    *destination.Keeper
	id        string // of the transfer
	move      string // of the move

	mu    sync.Mutex
	now   time.Time
	jobs  []redirects.Job
	down  bool                                                  // the pods do not reach each other
	twist func(address, message, answer string) (string, error) // changes answers
	grant func(*oauth.Grant)                                    // changes the agreement
	asked []transfer.Holding                                    // all that was ever asked for
}

func each(t *testing.T, body func(w *world)) {
	t.Helper()
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) { body(newWorld(t, dialect)) })
	}
}

// once runs the body on SQLite alone: where it is not the database that is
// tried, PostgreSQL would only take its time.
func once(t *testing.T, body func(w *world)) {
	t.Helper()
	body(newWorld(t, storetest.SQLite))
}

func newWorld(t *testing.T, dialect string, change ...func(*world)) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), fixture: transfertest.Made(transfertest.Aurora), grant: func(*oauth.Grant) {}}
	for _, c := range change {
		c(w)
	}
	w.old, w.new = w.side(dialect, "aurora"), w.side(dialect, "newcomer")
	w.openOld()
	w.openNew()
	w.fill()
	w.transfer()
	return w
}

func (w *world) side(dialect, name string) side {
	w.Helper()
	s := side{store: storetest.Open(w.T, dialect, func(o *store.Options) { o.Now = w.clock })}
	s.blobs = must(blob.OpenDir(w.TempDir(), time.Now))(w.T)
	w.Cleanup(func() { s.blobs.Close() })
	s.key = must(keys.Generate())(w.T)
	s.account = must(s.store.AddAccount(w.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: name, State: pod.Active, CreatedAt: w.now,
	}, "", transfertest.GUID(transfer.Profiles, transfertest.Aurora, "")))(w.T)
	return s
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) enqueue(_ context.Context, job redirects.Job, _ time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs = append(w.jobs, job)
	return nil
}

func (s side) sign(typ string, claims any) (string, error) { return keys.Sign(s.key, typ, claims) }

func (s side) jwks() []byte {
	raw, _ := json.Marshal(keys.SetOf(s.key))
	return raw
}

func verify(_ context.Context, p transfer.Pin, jws, typ string, claims any) error {
	set, err := keys.ParseSet(p.Keys)
	if err != nil {
		return err
	}
	return keys.Verify(jws, typ, set, claims)
}

func (w *world) openOld() {
	w.redirects = redirects.New(redirects.Options{
		Origin: oldPod, Book: w.old.store, Blobs: w.old.blobs, Sign: w.old.sign, Verify: verify, Peek: keys.Peek, Send: w.send,
		Revoke: func(context.Context, string) error { return nil }, Event: w.old.store.Event, Enqueue: w.enqueue, Now: w.clock,
	})
	w.source = source.New(source.Options{
		Origin: oldPod, Records: w.old.store, Transfers: w.old.store, Blobs: w.old.blobs, Sign: w.old.sign, Verify: verify, Peek: keys.Peek,
		Raise:  func(ctx context.Context, t source.Transfer) error { return w.redirects.Raise(ctx, t.ID) },
		Revoke: func(context.Context, string) error { return nil }, Event: w.old.store.Event,
		CursorKey: bytes.Repeat([]byte("k"), 32), Grace: grace, Now: w.clock,
	})
}

func (w *world) openNew() {
	w.mover = destination.New(destination.Options{
		Moves: w.new.store, Arrivals: w.new.store, Origin: newPod, Sign: w.new.sign, Event: w.new.store.Event, Enqueue: w.enqueue, Now: w.clock,
	})
	w.keeper = destination.NewKeeper(w.mover, destination.KeeperOptions{
		Custody: w.new.store, OpenBlob: w.new.blobs.Open, Verify: verify, Peek: keys.Peek, Send: w.send,
	})
}

var errDown = transfer.Errorf(transfer.PodUnreachable, "nobody answers")

// send is the wire.
func (w *world) send(ctx context.Context, address, message string) (answer string, err error) {
	if w.down {
		return "", errDown
	}
	switch address {
	case newPod + "/transfer/v1/holdings":
		var asked transfer.Holdings
		check(w.T, keys.Peek(message, &asked))
		w.asked = append(w.asked, asked.Items...)
		answer, err = w.keeper.Holdings(ctx, message)
	case newPod + "/transfer/v1/notices":
		answer, err = w.keeper.Hear(ctx, message)
	case oldPod + "/transfer/v1/notices":
		answer, err = w.redirects.Hear(ctx, message)
	default:
		err = errors.New("sent to " + address)
	}
	if w.twist != nil && err == nil {
		return w.twist(address, message, answer)
	}
	return answer, err
}

// fill stores the fixture at the old pod.
func (w *world) fill() {
	w.Helper()
	into := w.old.store.Writer(store.Run{ID: "fixture", Account: w.old.account.ID, Issuer: "https://older.example", SourceAccount: "aurora"}, w.old.blobs)
	for _, c := range transfer.Collections() {
		w.write(into, transfer.Page{Collection: c, Next: "1", Through: 1, CaughtUp: true, Entries: w.fixture.Entries[c]})
	}
}

// write writes a page with its photos' bytes.
func (w *world) write(into transfer.Writer, p transfer.Page) []transfer.Outcome {
	w.Helper()
	for _, e := range p.Entries {
		if p.Collection == transfer.Photos {
			photo := must(transfer.Decode[transfer.Photo](e))(w.T)
			check(w.T, into.Keep(w.Context(), photo.SHA256, photo.Size, func(from int64) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(w.fixture.Content[e.GUID][from:])), nil
			}))
		}
	}
	return must(into.Write(w.Context(), p))(w.T)
}

// transfer copies everything, as the mover would, and completes.
func (w *world) transfer() { w.moves(strings.Repeat("e", 32)) }

// moves is transfer under the id of the move at the new pod.
func (w *world) moves(id string) {
	w.Helper()
	g := oauth.Grant{
		ID: rand.Text(), Account: w.old.account.GUID, Client: newPod + "/oauth/client.json", Keys: w.new.jwks(),
		Scopes:  []string{oauth.ScopeRead, oauth.ScopeMove},
		Details: oauth.Details{Type: oauth.DetailsType, Purpose: "move", Limited: true, Destination: "newcomer@new.example"},
	}
	for _, c := range transfer.Collections() {
		g.Details.Collections = append(g.Details.Collections, string(c))
	}
	w.grant(&g)
	plan := must(w.source.Open(w.Context(), g, transfer.Opening{Purpose: transfer.Move, Nonce: rand.Text(), Format: transfer.Format}))(w.T)
	w.id, w.move = plan.Transfer, id
	check(w.T, w.new.store.AddMove(w.Context(), destination.Move{
		ID: w.move, Account: w.new.account.ID, Purpose: transfer.Move, Typed: "aurora@old.example", Issuer: oldPod, Subject: w.old.account.GUID,
		Transfer: w.id, Nonce: plan.Nonce, State: destination.Done, Keys: w.old.jwks(), Created: w.now, Changed: w.now, Ended: w.now,
	}))
	into := w.writer()
	for _, c := range transfer.Collections() {
		p := must(w.source.Page(w.Context(), g, w.id, source.PageRequest{Collection: c, Limit: 1000, Nonce: rand.Text()}))(w.T)
		check(w.T, w.source.Receipts(w.Context(), g, w.id, w.write(into, p)))
	}
	w.complete(g, into)
}

func (w *world) writer() transfer.Writer {
	return w.new.store.Writer(store.Run{
		ID: w.move, Account: w.new.account.ID, Issuer: oldPod, SourceAccount: w.old.account.GUID,
		URLs: store.URLs{Post: newPod + "/posts/", Photo: newPod + "/uploads/images/"},
	}, w.new.blobs)
}

func (w *world) complete(g oauth.Grant, into transfer.Writer) {
	w.Helper()
	_, arrived, err := into.Tally(w.Context())
	check(w.T, err)
	m := must(w.source.Manifest(w.Context(), g, w.id))(w.T)
	receipt := transfer.Receipt{
		Envelope: transfer.Envelope{Issuer: newPod, Audience: oldPod, Transfer: w.id, Nonce: m.Nonce, IssuedAt: w.now.Unix(), ID: rand.Text()},
		AsOf:     m.AsOf, Tallies: arrived, Account: "newcomer@new.example", Profile: newPod + "/people/" + w.new.account.GUID,
		Templates: transfer.Templates{Post: newPod + "/posts/{guid}", Photo: newPod + "/uploads/images/{variant}{name}", Feed: newPod + "/public/newcomer.atom"},
	}
	plan := must(w.source.Complete(w.Context(), g, w.id, must(w.new.sign(transfer.TypReceipt, receipt))(w.T)))(w.T)
	if plan.State != transfer.Redirecting {
		w.Fatalf("the transfer is %s with %d left over", plan.State, plan.Leftover)
	}
}

// departure is how things stand at the old pod.
func (w *world) departure() redirects.Departure {
	w.Helper()
	return must(w.redirects.Of(w.Context(), w.old.account.ID, w.id))(w.T)
}

// runFor does what the queue would for some time.
func (w *world) runFor(d time.Duration) {
	w.Helper()
	for end := w.clock().Add(d); ; {
		next := must(w.redirects.Run(w.Context(), w.id))(w.T)
		if rest := end.Sub(w.clock()); next.Done || next.After > rest {
			w.pass(rest)
			return
		}
		w.pass(next.After)
	}
}

func (w *world) wantState(state transfer.State, reason transfer.Code) {
	w.Helper()
	if d := w.departure(); d.State != state || d.Reason != reason {
		w.Fatalf("the departure is %s because of %q, want %s because of %q", d.State, d.Reason, state, reason)
	}
}

// items are the guids of a collection at a pod.
func (s side) items(t testing.TB, c transfer.Collection) map[string]transfer.Digest {
	t.Helper()
	list := map[string]transfer.Digest{}
	check(t, s.store.Digests(t.Context(), source.Scope{Account: s.account.ID, Limited: true}, c, func(guid string, d transfer.Digest) { list[guid] = d }))
	return list
}

func (w *world) told(s side, subject, kind string) (n int) {
	w.Helper()
	for _, e := range must(s.store.EventsOf(w.Context(), s.account.ID, subject, 100))(w.T) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// part names a part of a test.
func (w *world) part(name string, body func()) {
	w.Helper()
	outer := w.T
	outer.Run(name, func(t *testing.T) {
		w.T = t
		defer func() { w.T = outer }()
		body()
	})
}

// must fails the test on an error: must(f())(t).
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want checks the code of an error; the empty code is no error.
func want(t testing.TB, err error, code transfer.Code) {
	t.Helper()
	if got := transfer.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}
