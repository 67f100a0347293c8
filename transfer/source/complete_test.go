package source_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/oauth"
	"podmove/transfer"
)

// A taker is a new pod that has read everything.
type taker struct {
	w     *world
	g     oauth.Grant
	id    string
	nonce string
	came  map[transfer.Collection]map[string]transfer.Outcome
	next  map[transfer.Collection]transfer.Cursor
}

// take reads an account to its end and takes everything.
func (w *world) take(t *testing.T, g oauth.Grant) *taker {
	t.Helper()
	plan := w.open(t, g)
	k := &taker{
		w: w, g: g, id: plan.Transfer, nonce: plan.Nonce,
		came: make(map[transfer.Collection]map[string]transfer.Outcome), next: make(map[transfer.Collection]transfer.Cursor),
	}
	for _, c := range transfer.Collections() {
		k.came[c] = make(map[string]transfer.Outcome)
	}
	k.catchUp(t)
	return k
}

// catchUp reads what is new.
func (k *taker) catchUp(t *testing.T) {
	t.Helper()
	for _, c := range transfer.Collections() {
		list, next := k.w.pull(t, k.g, k.id, c, k.next[c])
		k.next[c] = next
		for _, e := range list {
			o := transfer.Outcome{Collection: c, GUID: e.GUID, Digest: e.Digest, Result: transfer.Imported}
			if e.Deleted {
				o.Result = transfer.Removed
			}
			k.came[c][e.GUID] = o
		}
	}
}

// fail takes one item of a collection back, and answers its guid.
func (k *taker) fail(c transfer.Collection, r transfer.Result) string {
	guid := slices.Min(slices.Collect(maps.Keys(k.came[c])))
	o := k.came[c][guid]
	o.Result, o.Reason = r, transfer.ContentMissing
	k.came[c][guid] = o
	return guid
}

// report sends all outcomes.
func (k *taker) report(t *testing.T) {
	t.Helper()
	for _, c := range transfer.Collections() {
		check(t, k.w.Receipts(t.Context(), k.g, k.id, slices.Collect(maps.Values(k.came[c]))))
	}
}

// receipt is what an honest pod says it took; change may make it lie.
func (k *taker) receipt(t *testing.T, change ...func(*transfer.Receipt)) transfer.Receipt {
	t.Helper()
	r := transfer.Receipt{
		Envelope: transfer.Envelope{
			Issuer: newPod, Audience: oldPod, Transfer: k.id, Nonce: k.nonce, IssuedAt: k.w.now.Unix(), ID: rand.Text(),
		},
		AsOf:    must(k.w.Manifest(t.Context(), k.g, k.id))(t).AsOf,
		Account: destination, Profile: newPod + "/people/0123456789abcdef",
		Templates: transfer.Templates{
			Post: newPod + "/posts/{guid}", Photo: newPod + "/uploads/images/{variant}{name}", Feed: newPod + "/public/aurora.atom",
		},
	}
	for _, c := range transfer.Collections() {
		sum := transfer.NewTallier(c)
		for _, guid := range slices.Sorted(maps.Keys(k.came[c])) {
			if o := k.came[c][guid]; o.Result.Arrived() {
				sum.Add(guid, o.Digest)
			}
		}
		r.Tallies = append(r.Tallies, sum.Tally())
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func (k *taker) sign(t *testing.T, r transfer.Receipt) string {
	t.Helper()
	return must(keys.Sign(k.w.theirs, transfer.TypReceipt, r))(t)
}

func (k *taker) complete(t *testing.T, change ...func(*transfer.Receipt)) (transfer.Plan, error) {
	t.Helper()
	return k.w.Complete(t.Context(), k.g, k.id, k.sign(t, k.receipt(t, change...)))
}

func TestComplete(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		k.report(t)
		signed := k.sign(t, k.receipt(t))
		plan := must(w.Complete(t.Context(), k.g, k.id, signed))(t)
		t.Run("raises the stubs when everything arrived", func(t *testing.T) {
			if plan.State != transfer.Redirecting || plan.Leftover != 0 || !slices.Equal(w.raised, []string{k.id}) {
				t.Errorf("%s, %d left, raised %v", plan.State, plan.Leftover, w.raised)
			}
			if want := transfer.TimeOf(w.now.Add(30 * 24 * time.Hour)); plan.GraceEnds != want {
				t.Errorf("grace ends %s, want %s", plan.GraceEnds, want)
			}
		})
		t.Run("keeps what redirecting needs", func(t *testing.T) {
			kept := must(w.Of(t.Context(), w.account.ID, k.id))(t)
			if kept.Templates.Post != newPod+"/posts/{guid}" || kept.Profile == "" || kept.Receipt != signed || kept.AsOf == 0 {
				t.Errorf("%+v", kept)
			}
		})
		t.Run("answers the state reached when repeated", func(t *testing.T) {
			again := must(w.Complete(t.Context(), k.g, k.id, signed))(t)
			if again.State != transfer.Redirecting || len(w.raised) != 1 {
				t.Errorf("%s, raised %v", again.State, w.raised)
			}
		})
		t.Run("answers pages with account-moved from then on", func(t *testing.T) {
			_, err := w.page(t, k.g, k.id, transfer.Posts, "", 5)
			want(t, err, transfer.AccountMoved)
			_, err = w.SignedManifest(t.Context(), k.g, k.id)
			want(t, err, transfer.AccountMoved)
			want(t, w.Receipts(t.Context(), k.g, k.id, nil), transfer.AccountMoved)
		})
		t.Run("cannot be cancelled any more", func(t *testing.T) {
			if got := must(w.Cancel(t.Context(), k.g, k.id))(t); got.State != transfer.Redirecting {
				t.Errorf("%s", got.State)
			}
		})
		t.Run("writes a line for each state", func(t *testing.T) {
			got := w.events(t, k.id)
			slices.Sort(got)
			if !slices.Equal(got, []string{"transfer-copying", "transfer-open", "transfer-redirecting", "transfer-verified"}) {
				t.Errorf("%v", got)
			}
		})
	})
}

// TestRevokedOnTheWay: who has shown a good token, and then lets the pod wait, does
// nothing any more under a permission that was taken away meanwhile.
func TestRevokedOnTheWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		k := w.take(t, g)
		k.report(t)
		signed := k.sign(t, k.receipt(t))
		check(t, w.store.AddGrant(t.Context(), g, w.now))
		check(t, w.store.RevokeGrant(t.Context(), g.ID, w.now))
		_, err := w.Complete(t.Context(), g, k.id, signed)
		want(t, err, transfer.NotGranted)
		_, err = w.Freeze(t.Context(), g, k.id)
		want(t, err, transfer.NotGranted)
		if len(w.raised) > 0 {
			t.Errorf("stubs are up: %v", w.raised)
		}
	})
}

func TestCompleteRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		ctx := t.Context()
		t.Run("a receipt before any report, and names what is missing", func(t *testing.T) {
			_, err := k.complete(t)
			want(t, err, transfer.Incomplete)
		})
		k.report(t)
		for name, lie := range map[string]func(*transfer.Receipt){
			"another issuer":    func(r *transfer.Receipt) { r.Issuer = "https://evil.example" },
			"another audience":  func(r *transfer.Receipt) { r.Audience = "https://third.example" },
			"another transfer":  func(r *transfer.Receipt) { r.Transfer = "0123456789abcdef0123456789abcdef" },
			"another nonce":     func(r *transfer.Receipt) { r.Nonce = rand.Text() },
			"no identifier":     func(r *transfer.Receipt) { r.ID = "" },
			"no time":           func(r *transfer.Receipt) { r.IssuedAt = 0 },
			"a time to come":    func(r *transfer.Receipt) { r.IssuedAt += 3600 },
			"an end that is up": func(r *transfer.Receipt) { r.Expires = r.IssuedAt - int64(transfer.ClockSkew.Seconds()) },
		} {
			t.Run("a receipt with "+name, func(t *testing.T) {
				_, err := k.complete(t, lie)
				want(t, err, transfer.SignatureInvalid)
			})
		}
		t.Run("a receipt under a key that was not agreed on", func(t *testing.T) {
			stranger := must(keys.Generate())(t)
			_, err := w.Complete(ctx, k.g, k.id, must(keys.Sign(stranger, transfer.TypReceipt, k.receipt(t)))(t))
			want(t, err, transfer.SignatureInvalid)
		})
		t.Run("a message of every other kind", func(t *testing.T) { // Protocol §1.4
			for _, typ := range []string{
				transfer.TypManifest, transfer.TypHoldings, transfer.TypUndo, transfer.TypMovedOn, "JWT", "at+jwt", "dpop+jwt", "podmove-receipt", "PODMOVE-RECEIPT+JWT",
			} {
				_, err := w.Complete(ctx, k.g, k.id, must(keys.Sign(w.theirs, typ, k.receipt(t)))(t))
				want(t, err, transfer.SignatureInvalid)
			}
		})
		t.Run("no receipt", func(t *testing.T) {
			_, err := w.Complete(ctx, k.g, k.id, "")
			want(t, err, transfer.SignatureInvalid)
		})
		for name, lie := range map[string]func(*transfer.Receipt){
			"another account":               func(r *transfer.Receipt) { r.Account = "mallory@new.example" },
			"posts elsewhere":               func(r *transfer.Receipt) { r.Templates.Post = "https://evil.example/posts/{guid}" },
			"photos behind user-info":       func(r *transfer.Receipt) { r.Templates.Photo = "https://new.example@evil.example/{name}" },
			"a profile with another scheme": func(r *transfer.Receipt) { r.Profile = "javascript:alert(1)" },
			"a feed on another port":        func(r *transfer.Receipt) { r.Templates.Feed = "https://new.example:8443/feed" },
		} {
			t.Run("a receipt with "+name, func(t *testing.T) {
				_, err := k.complete(t, lie)
				want(t, err, transfer.RequestInvalid)
			})
		}
		t.Run("a tally of something else", func(t *testing.T) {
			_, err := k.complete(t, func(r *transfer.Receipt) { r.Tallies[4].Count++ })
			want(t, err, transfer.Incomplete)
			_, err = k.complete(t, func(r *transfer.Receipt) { r.Tallies = r.Tallies[:5] })
			want(t, err, transfer.Incomplete)
			_, err = k.complete(t, func(r *transfer.Receipt) { r.Tallies = append(r.Tallies, transfer.NewTallier(transfer.Posts).Tally()) })
			want(t, err, transfer.Incomplete)
		})
		t.Run("an account as of a change that is still to come", func(t *testing.T) {
			_, err := k.complete(t, func(r *transfer.Receipt) { r.AsOf++ })
			want(t, err, transfer.RequestInvalid)
		})
		t.Run("a client that may only read", func(t *testing.T) {
			reads := k.g
			reads.Scopes = []string{oauth.ScopeRead}
			_, err := w.Complete(ctx, reads, k.id, k.sign(t, k.receipt(t)))
			want(t, err, transfer.ScopeMissing)
		})
		if len(w.raised) != 0 {
			t.Fatalf("raised %v", w.raised)
		}
	})
}

func TestCompleteNamesWhatLacks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		ctx := t.Context()
		lacking := k.fail(transfer.Posts, transfer.Imported)
		kept := k.came[transfer.Posts][lacking]
		delete(k.came[transfer.Posts], lacking)
		k.report(t)
		t.Run("a post that is named nowhere", func(t *testing.T) {
			_, err := k.complete(t)
			wantNamed(t, err, transfer.Incomplete, lacking)
		})
		t.Run("a post that is named with other bytes", func(t *testing.T) {
			other := kept
			other.Digest, other.Reason = transfer.Sum([]byte("other")), ""
			check(t, w.Receipts(ctx, k.g, k.id, []transfer.Outcome{other}))
			_, err := k.complete(t)
			wantNamed(t, err, transfer.Incomplete, lacking)
		})
		k.came[transfer.Posts][lacking] = kept
		k.report(t)
		signed := k.sign(t, k.receipt(t))
		added := must(w.store.CreatePost(ctx, w.account.ID, transfer.Post{Public: true, Text: "late", CreatedAt: transfer.TimeOf(w.now)}))(t)
		t.Run("a post that was written after the manifest", func(t *testing.T) {
			_, err := w.Complete(ctx, k.g, k.id, signed)
			wantNamed(t, err, transfer.ChangedSince, added)
		})
		check(t, w.store.DeletePost(ctx, w.account.ID, added))
		t.Run("a post that was deleted after the manifest", func(t *testing.T) {
			_, err := w.Complete(ctx, k.g, k.id, signed)
			wantNamed(t, err, transfer.ChangedSince, added)
		})
		if len(w.raised) != 0 || must(w.State(ctx, k.g, k.id))(t).State != transfer.Copying {
			t.Fatalf("raised %v", w.raised)
		}
		t.Run("nothing, once it was read", func(t *testing.T) {
			k.catchUp(t)
			k.report(t)
			if plan := must(k.complete(t))(t); plan.State != transfer.Redirecting {
				t.Errorf("%s", plan.State)
			}
		})
	})
}

func wantNamed(t *testing.T, err error, code transfer.Code, guid string) {
	t.Helper()
	want(t, err, code)
	if e, ok := errors.AsType[*transfer.Error](err); !ok || !slices.Equal(e.GUIDs, []string{guid}) {
		t.Fatalf("names %v, want %s", e.GUIDs, guid)
	}
}

func TestCompleteTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.take(t, w.grant())
		k.report(t)
		signed := k.sign(t, k.receipt(t))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				plan, err := w.Complete(t.Context(), k.g, k.id, signed)
				if err != nil || plan.State != transfer.Redirecting {
					t.Errorf("%s, %v", plan.State, err)
				}
			})
		}
		group.Wait()
		if len(w.raised) != 1 {
			t.Errorf("raised %v", w.raised)
		}
	})
}

func TestCompleteCopy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Run("finishes with a receipt and changes nothing", func(t *testing.T) {
			k := w.take(t, w.grant(copying))
			k.fail(transfer.Photos, transfer.Failed)
			k.report(t)
			if plan := must(k.complete(t))(t); plan.State != transfer.Finished || plan.Leftover != 1 {
				t.Errorf("%s, %d left", plan.State, plan.Leftover)
			}
			_, err := w.page(t, k.g, k.id, transfer.Posts, "", 5)
			want(t, err, transfer.TransferClosed)
		})
		t.Run("gives a client without a host a manifest that is for it", func(t *testing.T) {
			g := w.grant(copying, func(g *oauth.Grant) { g.Client = "client-AAAA" })
			signed := must(w.SignedManifest(t.Context(), g, w.open(t, g).Transfer))(t)
			claims := must(base64.RawURLEncoding.DecodeString(strings.Split(signed, ".")[1]))(t)
			if !strings.Contains(string(claims), `"aud":"client-AAAA"`) {
				t.Errorf("%s", claims)
			}
		})
		t.Run("finishes without one for a client without keys", func(t *testing.T) {
			k := w.take(t, w.grant(copying, func(g *oauth.Grant) { g.Keys = nil }))
			if plan := must(w.Complete(t.Context(), k.g, k.id, ""))(t); plan.State != transfer.Finished {
				t.Errorf("%s", plan.State)
			}
		})
		if len(w.raised) != 0 {
			t.Errorf("raised %v", w.raised)
		}
	})
}

func TestReceiptsRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant(copying, func(g *oauth.Grant) { g.Details.Collections = []string{"posts", "photos", "blocks"} })
		id := w.open(t, g).Transfer
		const guid = "0123456789abcdef"
		digest := transfer.Sum(nil)
		for name, o := range map[string]transfer.Outcome{
			"an item beyond the agreement": {Collection: transfer.Contacts, GUID: guid, Digest: digest, Result: transfer.Imported},
			"a name that is none":          {Collection: transfer.Posts, GUID: "../etc", Digest: digest, Result: transfer.Imported},
			"an arrival without a digest":  {Collection: transfer.Posts, GUID: guid, Result: transfer.Imported},
			"a digest that is none":        {Collection: transfer.Posts, GUID: guid, Digest: "abc", Result: transfer.Removed},
			"an unknown outcome":           {Collection: transfer.Posts, GUID: guid, Digest: digest, Result: "eaten"},
			"a failure without a reason":   {Collection: transfer.Posts, GUID: guid, Result: transfer.Failed},
			"a reason that is a novel":     {Collection: transfer.Posts, GUID: guid, Result: transfer.Failed, Reason: "It was a dark night"},
			"an address elsewhere":         {Collection: transfer.Posts, GUID: guid, Digest: digest, Result: transfer.Imported, URL: "https://evil.example/p"},
			"an address of a block":        {Collection: transfer.Blocks, GUID: guid, Digest: digest, Result: transfer.Imported, URL: newPod + "/p"},
		} {
			t.Run(name, func(t *testing.T) {
				if err := w.Receipts(t.Context(), g, id, []transfer.Outcome{o}); err == nil {
					t.Fatal("it was taken")
				}
			})
		}
		t.Run("more than it takes", func(t *testing.T) {
			want(t, w.Receipts(t.Context(), g, id, make([]transfer.Outcome, transfer.MaxReceipts+1)), transfer.TooLarge)
		})
		t.Run("not the last word on an item, twice in one report", func(t *testing.T) {
			one := transfer.Outcome{Collection: transfer.Photos, GUID: guid, Digest: digest, Result: transfer.Imported, URL: newPod + "/uploads/images/{variant}x.jpg"}
			two := transfer.Outcome{Collection: transfer.Photos, GUID: guid, Result: transfer.Failed, Reason: transfer.ContentMissing}
			check(t, w.Receipts(t.Context(), g, id, []transfer.Outcome{one, two}))
			if got := must(w.Leftovers(t.Context(), w.account.ID, id, transfer.Outcome{}, 10))(t); len(got) != 1 || got[0] != two {
				t.Fatalf("%+v", got)
			}
		})
	})
}
