package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
)

// A ringTest is two processes of one pod with a clock that can be put forward.
type ringTest struct {
	*testing.T
	vault
	ahead atomic.Int64
	one   *ring
	two   *ring
}

func newRingTest(t *testing.T, dialect, purpose string) *ringTest {
	r := &ringTest{T: t}
	r.vault = vault{storetest.Open(t, dialect), keys.Master{1}.Box(), func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }}
	r.one, r.two = r.open(purpose), r.open(purpose)
	return r
}

func (r *ringTest) open(purpose string) *ring {
	r.Helper()
	one, err := openRing(r.Context(), r.vault, purpose, nil)
	if err != nil {
		r.Fatal(err)
	}
	return one
}

func (r *ringTest) pass(d time.Duration) { r.ahead.Add(int64(d)) }

func (r *ringTest) turn(one *ring, kept ...string) {
	r.Helper()
	list := map[string]bool{}
	for _, id := range kept {
		list[id] = true
	}
	if err := one.turn(r.Context(), 90*24*time.Hour, list, slog.New(slog.DiscardHandler)); err != nil {
		r.Fatal(err)
	}
}

func (r *ringTest) published(one *ring) (ids []string) {
	r.Helper()
	raw, err := one.jwks()
	if err != nil {
		r.Fatal(err)
	}
	var set struct {
		Keys []struct{ Kid string }
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		r.Fatal(err)
	}
	for _, k := range set.Keys {
		ids = append(ids, k.Kid)
	}
	return ids
}

// verifies reports whether what one signs is verified by what the other publishes.
func (r *ringTest) verifies(signer, publisher *ring) bool {
	r.Helper()
	signed, err := signer.sign("test", map[string]any{})
	if err != nil {
		r.Fatal(err)
	}
	raw, err := publisher.jwks()
	if err != nil {
		r.Fatal(err)
	}
	return verify(signed, "test", raw, new(any)) == nil
}

func TestRotation(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			r := newRingTest(t, dialect, purposeSign)
			first := r.one.current().ID
			t.Run("does not come before the key is of age", func(t *testing.T) {
				r.turn(r.one)
				if n := len(r.published(r.one)); n != 1 {
					t.Errorf("%d keys", n)
				}
			})
			r.pass(90 * 24 * time.Hour)
			r.turn(r.one)
			second := (*r.one.held.Load())[0].ID
			t.Run("publishes the new key first, before it is used", func(t *testing.T) {
				if ids := r.published(r.one); len(ids) != 2 || ids[0] != second || ids[1] != first {
					t.Errorf("published are %v", ids)
				}
				if r.one.current().ID != first {
					t.Error("it is used at once")
				}
			})
			t.Run("happens once, whichever process looks next", func(t *testing.T) {
				r.turn(r.two)
				if n := len(r.published(r.two)); n != 2 {
					t.Errorf("%d keys", n)
				}
			})
			t.Run("is over when everyone can have read the new key", func(t *testing.T) {
				r.pass(publishAhead + time.Second)
				if r.one.current().ID != second || r.two.current().ID != second {
					t.Error("the old key is still used")
				}
				if !r.verifies(r.one, r.two) || !r.verifies(r.two, r.one) {
					t.Error("one process does not verify what another signs")
				}
			})
			t.Run("leaves the old key published for 30 days", func(t *testing.T) {
				r.pass(overlap - time.Minute)
				r.turn(r.one)
				if n := len(r.published(r.one)); n != 2 {
					t.Errorf("%d keys", n)
				}
			})
			t.Run("and removes it after", func(t *testing.T) {
				r.pass(2 * time.Minute)
				r.turn(r.one)
				if ids := r.published(r.one); len(ids) != 1 || ids[0] != second {
					t.Errorf("published are %v", ids)
				}
			})
		})
	}
}

// TestRotationOnce has eight processes rotate at once, twenty times.
func TestRotationOnce(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			r := newRingTest(t, dialect, purposeTokens)
			for round := range mostKeys - 1 {
				var processes []*ring
				for range 8 {
					processes = append(processes, r.open(purposeTokens))
				}
				var won atomic.Int64
				var all sync.WaitGroup
				for _, one := range processes {
					all.Go(func() {
						ok, err := one.rotate(context.Background(), spread)
						if err != nil {
							t.Error(err)
						}
						if ok {
							won.Add(1)
						}
					})
				}
				all.Wait()
				if n := won.Load(); n != 1 {
					t.Errorf("round %d: %d made a key", round, n)
				}
			}
			t.Run("and refuses a list that others would not read", func(t *testing.T) {
				if err := r.one.refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := r.one.rotate(t.Context(), spread); err == nil || !strings.Contains(err.Error(), "Nothing was changed") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestBoundKeysStay(t *testing.T) {
	r := newRingTest(t, storetest.SQLite, purposeDPoP)
	first := r.one.current().ID
	if _, err := r.one.rotate(t.Context(), spread); err != nil {
		t.Fatal(err)
	}
	r.pass(overlap + time.Hour)
	t.Run("while a move holds tokens bound to them", func(t *testing.T) {
		r.turn(r.one, first)
		if key, err := r.one.key(t.Context(), first); err != nil || key.ID() != first {
			t.Errorf("got %v, %v", key, err)
		}
	})
	t.Run("and go when none does", func(t *testing.T) {
		r.turn(r.one)
		if _, err := r.one.key(t.Context(), first); err == nil {
			t.Error("it is still there")
		}
	})
	t.Run("and are found where another process made them", func(t *testing.T) {
		if _, err := r.two.rotate(t.Context(), spread); err != nil {
			t.Fatal(err)
		}
		made := (*r.two.held.Load())[0].ID
		if key, err := r.one.key(t.Context(), made); err != nil || key.ID() != made {
			t.Errorf("got %v, %v", key, err)
		}
	})
}

// TestFirstSecret: what was issued before secrets could be rotated stays good.
func TestFirstSecret(t *testing.T) {
	master, at := keys.Master{1}, time.Now()
	clock := func() time.Time { at = at.Add(time.Second); return at } // no two keys are of the same millisecond
	r, err := openRings(t.Context(), vault{storetest.Open(t, storetest.SQLite), master.Box(), clock}, master)
	if err != nil {
		t.Fatal(err)
	}
	was := string(master.Derive("oauth tokens"))
	if list := r.tokens.secrets(); len(list) != 1 || string(list[0]) != was {
		t.Error("the first secret is another than before")
	}
	if _, err := r.tokens.rotate(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if list := r.tokens.secrets(); len(list) != 2 || string(list[0]) == was || string(list[1]) != was {
		t.Error("after a rotation the new one is not first, or the old one is gone")
	}
}

func TestKeysCommand(t *testing.T) {
	dir := t.TempDir()
	t.Run("makes no pod where there is none", func(t *testing.T) {
		out, err := execute(t.Context(), "", "keys", "list", "--data", dir)
		if err == nil || !strings.Contains(err.Error(), "no pod keeps its master key") {
			t.Errorf("got %v, %s", err, out)
		}
	})
	if _, err := keys.LoadOrCreateMaster(dir + "/master.key"); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := execute(t.Context(), "", append(args, "--data", dir)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Run("rotates one purpose, and all", func(t *testing.T) {
		if out := run("keys", "rotate", "dpop"); strings.Count(out, "in use from") != 1 || !strings.HasPrefix(out, "dpop: made ") {
			t.Error(out)
		}
		if out := run("keys", "rotate", "--now"); strings.Count(out, "in use from") != 4 {
			t.Error(out)
		}
	})
	t.Run("lists what each key is good for", func(t *testing.T) {
		out := run("keys", "list")
		for _, purpose := range []string{purposeSign, purposeClient, purposeDPoP, purposeTokens} {
			if !strings.Contains(out, purpose+" ") {
				t.Errorf("%s is missing: %s", purpose, out)
			}
		}
		if strings.Count(out, "in use\n") != 4 || strings.Count(out, "in use from 2") != 5 {
			t.Error(out)
		}
	})
}

// verify checks a JWS against another pod's key set.
func verify(message, typ string, jwks []byte, claims any) error {
	set, err := keys.ParseSet(jwks)
	if err != nil {
		return err
	}
	return keys.Verify(message, typ, set, claims)
}
