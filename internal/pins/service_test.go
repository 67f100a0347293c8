package pins_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pins"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// Whose keys are pinned: a client's by a grant, an issuer's by a move.
const (
	client = "https://new.example/oauth/client.json"
	issuer = "https://old.example"
)

// A world is a pod with one grant and one move, and the other pods' keys.
type world struct {
	*testing.T
	*pins.Service
	store   *store.Store
	account pod.Account
	ahead   atomic.Int64
	mu      sync.Mutex
	sets    map[string]keys.Set // what each peer publishes; none is a peer that is down
	asked   map[string]int
	slow    time.Duration // how long a peer takes to answer
	changed []pins.Pin
}

func each(t *testing.T, body func(w *world)) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) { body(newWorld(t, dialect)) })
	}
}

func newWorld(t *testing.T, dialect string) *world {
	w := &world{T: t, store: storetest.Open(t, dialect), sets: map[string]keys.Set{}, asked: map[string]int{}}
	w.Service = pins.New(pins.Options{
		Book: w.store, Fetch: w.fetch, Now: w.now, Log: slog.New(slog.DiscardHandler),
		Changed: func(_ context.Context, p pins.Pin) error { w.changed = append(w.changed, p); return nil },
	})
	var err error
	w.account, err = w.store.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active, CreatedAt: w.now()}, "", strings.Repeat("a", 32))
	w.check(err)
	return w
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) now() time.Time        { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) fetch(_ context.Context, peer string) ([]byte, error) {
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[peer]++
	if set, up := w.sets[peer]; up {
		return json.Marshal(set)
	}
	return nil, errors.New("it is down")
}

// grant and move pin keys.
func (w *world) grant(set keys.Set) {
	w.Helper()
	w.check(w.store.AddGrant(w.Context(), oauth.Grant{ID: "grant", Account: w.account.GUID, Client: client, Keys: w.jwks(set)}, w.now()))
}

func (w *world) move(set keys.Set) destination.Move {
	w.Helper()
	m := destination.Move{
		ID: strings.Repeat("e", 32), Account: w.account.ID, Issuer: issuer, State: destination.Copying,
		Keys: w.jwks(set), Created: w.now(), Changed: w.now(),
	}
	w.check(w.store.AddMove(w.Context(), m))
	return m
}

func (w *world) jwks(set keys.Set) []byte {
	w.Helper()
	raw, err := json.Marshal(set)
	w.check(err)
	return raw
}

// pin is what is pinned to a peer now.
func (w *world) pin(peer string) transfer.Pin {
	w.Helper()
	list, err := w.store.PinsTo(w.Context(), peer, pins.Bound{})
	w.check(err)
	if len(list) != 1 {
		w.Fatalf("%d pins", len(list))
	}
	return list[0].Pin
}

// says verifies a message that a key signed.
func (w *world) says(peer string, k keys.Key) error {
	w.Helper()
	signed, err := keys.Sign(k, "test", map[string]string{"iss": peer})
	w.check(err)
	return w.Verify(w.Context(), w.pin(peer), signed, "test", new(any))
}

func key(t *testing.T) keys.Key {
	t.Helper()
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestPins is Protocol §1.5, sentence by sentence, at both ends.
func TestPins(t *testing.T) {
	for end, peer := range map[string]string{"the source": client, "the destination": issuer} {
		t.Run(end, func(t *testing.T) {
			each(t, func(w *world) { sentences(w, peer) })
		})
	}
}

func sentences(w *world, peer string) {
	first, second, other := key(w.T), key(w.T), key(w.T)
	if peer == client {
		w.grant(keys.SetOf(first))
	} else {
		w.move(keys.SetOf(first))
	}
	w.Run("a message by a pinned key is good, and nobody is asked", func(t *testing.T) {
		if err := w.says(peer, first); err != nil || w.asked[peer] != 0 {
			t.Errorf("got %v, asked %d times", err, w.asked[peer])
		}
	})
	w.sets[peer] = keys.SetOf(second, first)
	w.Run("one by an unknown key has the set read at once; a set that still holds a pinned key replaces the pin", func(t *testing.T) {
		if err := w.says(peer, second); err != nil || w.asked[peer] != 1 {
			t.Errorf("got %v, asked %d times", err, w.asked[peer])
		}
		if got := string(w.pin(peer).Keys); got != string(w.jwks(keys.SetOf(second, first))) {
			t.Errorf("pinned is %s", got)
		}
	})
	w.Run("at most once a minute", func(t *testing.T) {
		for range 5 {
			if err := w.says(peer, other); err == nil {
				t.Error("a stranger's message is good")
			}
		}
		if w.asked[peer] != 1 {
			t.Errorf("asked %d times", w.asked[peer])
		}
	})
	w.Run("and at least weekly", func(t *testing.T) {
		w.sets[peer] = keys.SetOf(second)
		w.check(w.Sweep(w.Context()))
		if w.asked[peer] != 1 {
			t.Errorf("within the week it is asked %d times", w.asked[peer])
		}
		w.later(7*24*time.Hour + time.Minute)
		w.check(w.Sweep(w.Context()))
		if got := string(w.pin(peer).Keys); w.asked[peer] != 2 || got != string(w.jwks(keys.SetOf(second))) {
			t.Errorf("asked %d times, pinned is %s", w.asked[peer], got)
		}
		if err := w.says(peer, first); err == nil {
			t.Error("a key that is published no more is still good")
		}
	})
	w.later(2 * time.Minute)
	w.sets[peer] = keys.SetOf(other)
	w.Run("a set that shares none is believed in nothing, not even what a pinned key signs", func(t *testing.T) {
		if err := w.says(peer, other); transfer.CodeOf(err) != transfer.KeysDiffer {
			t.Errorf("got %v", err)
		}
		if w.pin(peer).Differ.IsZero() || string(w.pin(peer).Keys) != string(w.jwks(keys.SetOf(second))) {
			t.Errorf("the pin is %+v", w.pin(peer))
		}
		for _, k := range []keys.Key{other, second} {
			if err := w.says(peer, k); transfer.CodeOf(err) != transfer.KeysDiffer {
				t.Errorf("got %v", err)
			}
		}
	})
	w.Run("which is told once", func(t *testing.T) {
		w.later(2 * time.Hour)
		w.check(w.Sweep(w.Context()))
		if len(w.changed) != 1 || w.changed[0].Differ.IsZero() || w.changed[0].Account != w.account.ID {
			t.Errorf("told %+v", w.changed)
		}
	})
	w.Run("until it holds a pinned key again", func(t *testing.T) {
		w.sets[peer] = keys.SetOf(other, second)
		w.later(2 * time.Hour)
		w.check(w.Sweep(w.Context()))
		if !w.pin(peer).Differ.IsZero() || len(w.changed) != 2 {
			t.Errorf("the pin is %+v, told %d times", w.pin(peer), len(w.changed))
		}
		if err := w.says(peer, other); err != nil {
			t.Error(err)
		}
	})
}

// TestConfirm is the person who says, at the source, that it is the same pod.
func TestConfirm(t *testing.T) {
	each(t, func(w *world) {
		first, other := key(w.T), key(w.T)
		w.grant(keys.SetOf(first))
		id := w.transfer()
		w.sets[client] = keys.SetOf(other)
		_, err := w.Follow(w.Context(), client)
		w.check(err)
		w.Run("is not for somebody else", func(t *testing.T) {
			if err := w.Confirm(w.Context(), w.account.ID+1, id); transfer.CodeOf(err) != transfer.NotFound || w.pin(client).Differ.IsZero() {
				t.Errorf("got %v", err)
			}
		})
		w.Run("pins the set that was seen", func(t *testing.T) {
			w.check(w.Confirm(w.Context(), w.account.ID, id))
			if err := w.says(client, other); err != nil {
				t.Error(err)
			}
			if err := w.says(client, first); err == nil {
				t.Error("the old key is still good")
			}
			d, err := w.store.Departure(w.Context(), id)
			if err != nil || string(d.Keys) != string(w.jwks(keys.SetOf(other))) || !d.KeysDiffer.IsZero() {
				t.Errorf("the transfer has %s since %s, %v", d.Keys, d.KeysDiffer, err)
			}
		})
	})
}

// TestTogether has eight verify a message by a new key at once: one asks, and
// all believe the answer.
func TestTogether(t *testing.T) {
	each(t, func(w *world) {
		first, second := key(w.T), key(w.T)
		w.grant(keys.SetOf(first))
		w.sets[client], w.slow = keys.SetOf(second, first), 300*time.Millisecond
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := w.says(client, second); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if w.asked[client] != 1 {
			w.Errorf("asked %d times", w.asked[client])
		}
	})
}

// TestSilence: a peer that does not answer loses nothing, and is asked again.
func TestSilence(t *testing.T) {
	each(t, func(w *world) {
		first := key(w.T)
		w.grant(keys.SetOf(first))
		w.check(w.Sweep(w.Context()))
		if w.asked[client] != 0 {
			w.Error("asked though its keys were read at consent")
		}
		w.later(8 * 24 * time.Hour)
		for range 3 {
			w.check(w.Sweep(w.Context()))
			w.later(time.Hour + time.Minute)
		}
		if w.asked[client] != 3 || !w.pin(client).Differ.IsZero() {
			w.Errorf("asked %d times, %+v", w.asked[client], w.pin(client))
		}
		if err := w.says(client, first); err != nil {
			w.Error(err)
		}
	})
}

// TestOver: what is over is followed no longer.
func TestOver(t *testing.T) {
	each(t, func(w *world) {
		w.grant(keys.SetOf(key(w.T)))
		m := w.move(keys.SetOf(key(w.T)))
		w.check(w.store.RevokeGrant(w.Context(), "grant", w.now()))
		m.State, m.Ended = destination.Done, w.now()
		w.check(w.store.ChangeMove(w.Context(), m, destination.Copying))
		w.later(8 * 24 * time.Hour)
		w.check(w.Sweep(w.Context()))
		if w.asked[client] != 0 || w.asked[issuer] != 1 {
			w.Errorf("asked %v", w.asked)
		}
		w.later(366 * 24 * time.Hour)
		w.check(w.Sweep(w.Context()))
		if w.asked[issuer] != 1 {
			w.Errorf("a year after the move asked %v", w.asked)
		}
		if p, err := w.store.PeerOf(w.Context(), issuer); err != nil || !p.Tried.IsZero() {
			w.Errorf("remembered is %+v, %v", p, err)
		}
	})
}

// transfer opens one under the grant, as a row.
func (w *world) transfer() string {
	w.Helper()
	id := strings.Repeat("f", 32)
	w.check(w.store.AddTransfer(w.Context(), opened(id, w.account.ID, w.pin(client).Keys, w.now())))
	return id
}

// lostBook is a Book whose database is away.
type lostBook struct{ pins.Book }

func (lostBook) AskPeer(context.Context, string, time.Time, time.Time) (bool, error) {
	return false, errors.New("no database")
}

// TestOwnTrouble: that this pod cannot look up who signed is nobody's wrong
// signature; whoever asked asks again.
func TestOwnTrouble(t *testing.T) {
	each(t, func(w *world) {
		pinned, newer := key(w.T), key(w.T)
		w.grant(keys.SetOf(pinned))
		w.Book = lostBook{w.store}
		if err := w.says(client, newer); transfer.CodeOf(err) != transfer.Unavailable {
			w.Errorf("got %v", err)
		}
		if err := w.says(client, pinned); err != nil {
			w.Errorf("a key that is pinned needs no looking up: %v", err)
		}
	})
}
