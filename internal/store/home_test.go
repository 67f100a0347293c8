package store_test

import (
	"context"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
)

// depart has aurora move away with some items, to the pod that p.Writer brings
// from.
func depart(t *testing.T, p *testPod, client string, items map[string]transfer.Item) redirects.Departure {
	t.Helper()
	account, db := p.account(t, "aurora"), p.s.DB(t.Context())
	must(t, db.Exec(`INSERT INTO transfers (id, account_id, grant_id, client, nonce, purpose, collections, limited, destination, state, plan,
		post_url, photo_url, profile_url, redirect_at, created_at, used_at)
		VALUES (?, ?, ?, ?, 'n', 'move', '', FALSE, 'aurora@there.example', 'redirecting', '{}', 'https://there.example/posts/{guid}',
		'https://there.example/uploads/images/{variant}{name}', 'https://there.example/people/x', 1, 0, 0)`, client, account, client, client+"/client.json").Error)
	for guid, item := range items {
		e, err := transfer.Encode(guid, item)
		must(t, err)
		must(t, db.Exec("INSERT INTO transfer_receipts (transfer_id, collection, guid, digest, outcome) VALUES (?, ?, ?, ?, 'imported')",
			client, item.Collection(), guid, e.Digest).Error)
	}
	d, err := p.s.Departure(t.Context(), client)
	must(t, err)
	must(t, p.s.InTx(t.Context(), func(ctx context.Context) error {
		if err := p.s.SetMoved(ctx, d); err != nil {
			return err
		}
		return p.s.RaiseStubs(ctx, d)
	}))
	return d
}

// eraseAll erases whatever is owed, as if all of it were held.
func eraseAll(t *testing.T, p *testPod, d redirects.Departure) {
	t.Helper()
	must(t, p.s.DB(t.Context()).Exec("UPDATE transfer_receipts SET holding = 'held', held_at = 10 WHERE transfer_id = ?", d.ID).Error)
	must(t, p.s.InTx(t.Context(), func(ctx context.Context) error {
		for range 9 {
			if _, err := p.s.Erase(ctx, d, redirects.Bound{Fresh: time.UnixMilli(5), Ripe: time.UnixMilli(5)}, 100); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *testPod) leads(t *testing.T, a redirects.Address) bool {
	t.Helper()
	_, found, err := p.s.Find(t.Context(), a)
	must(t, err)
	return found
}

func TestComingHome(t *testing.T) {
	const there = "https://old.example" // that p.Writer brings from
	post := func(text string) transfer.Post {
		return transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Public: true, Text: text}
	}
	one := redirects.Address{Kind: redirects.Post, Key: guidOf("one")}
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		photo := transfer.Photo{CreatedAt: transfer.TimeOf(day(1)), Name: fileOf("name"), SHA256: putBlob(t, p, "x"), Size: 1, Type: "image/png", Public: true}
		items := map[string]transfer.Item{
			guidOf("one"): post("one"), guidOf("two"): post("two"), guidOf("three"): post("three"), guidOf("four"): post("four"),
			guidOf("aspect"): transfer.Aspect{Name: "Friends"}, guidOf("photo"): photo,
		}
		for guid, item := range items {
			file := ""
			if item.Collection() == transfer.Photos {
				file = fileOf("other") // not its own name
			}
			must(t, p.s.Place(t.Context(), p.account(t, "aurora"), guid, item, file))
		}
		var number int64
		must(t, p.s.DB(t.Context()).Raw("SELECT id FROM posts WHERE guid = ?", guidOf("two")).Scan(&number).Error)
		d := depart(t, p, there, items)

		t.Run("a post that was not erased is the same post, and answers itself again", func(t *testing.T) {
			if !p.leads(t, one) {
				t.Fatal("there is no stub")
			}
			o := bring(t, w, guidOf("one"), post("one"))
			wantOutcome(t, o, transfer.Unchanged, "")
			if o.URL != "" || p.leads(t, one) {
				t.Errorf("%+v; it leads away: %v", o, p.leads(t, one))
			}
		})
		t.Run("what was edited there comes home as it is there", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("four"), post("four, edited there")), transfer.Imported, "")
		})
		t.Run("an aspect comes home under its own guid", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("aspect"), items[guidOf("aspect")]), transfer.Unchanged, "")
		})
		t.Run("what came home is not erased, and what did not is", func(t *testing.T) {
			eraseAll(t, p, d)
			if n := len(p.Items(t, "aurora", transfer.Posts)); n != 2 {
				t.Errorf("%d posts are left, want those that came home", n)
			}
			if n := len(p.Items(t, "aurora", transfer.Aspects)); n != 1 {
				t.Errorf("%d aspects are left", n)
			}
		})
		t.Run("what was erased comes home to its old addresses", func(t *testing.T) {
			two := redirects.Address{Kind: redirects.Post, Number: number}
			if !p.leads(t, two) {
				t.Fatal("the old number leads nowhere")
			}
			o := bring(t, w, guidOf("two"), post("two"))
			wantOutcome(t, o, transfer.Imported, "")
			found, err := p.s.VisiblePost(t.Context(), pod.PostKey{Number: number}, pod.Viewer{})
			must(t, err)
			if o.URL != "" || p.leads(t, two) || found.GUID != guidOf("two") {
				t.Errorf("%+v; under its number there is %q", o, found.GUID)
			}
			o = bring(t, w, guidOf("photo"), photo)
			wantOutcome(t, o, transfer.Imported, "")
			if o.URL != "https://new.example/uploads/images/{variant}"+fileOf("other") || p.leads(t, redirects.Address{Kind: redirects.Photo, Key: fileOf("other")}) {
				t.Errorf("the photo is at %q", o.URL)
			}
		})
		t.Run("what comes from elsewhere under the guid of one that went is not that one", func(t *testing.T) {
			run := p.run(t, "aurora", "mallory")
			run.Issuer, run.ID = "https://third.example", "third"
			third := p.s.Writer(run, p.blobs)
			if o := bring(t, third, guidOf("three"), post("never written")); o.URL == "" || o.Result != transfer.Imported {
				t.Errorf("%+v, want a fresh address", o)
			}
			if !p.leads(t, redirects.Address{Kind: redirects.Post, Key: guidOf("three")}) {
				t.Error("the stub is down")
			}
			if o := bring(t, third, guidOf("three"), post("never written")); o.URL == "" {
				t.Errorf("%+v, want the same address", o)
			}
			run.ID, run.SourceAccount = "fourth", "aurora"
			if o := bring(t, p.s.Writer(run, p.blobs), guidOf("three"), post("three")); o.URL != "" {
				t.Errorf("%+v: the very same bytes are the very same post", o)
			}
		})
		t.Run("what went away again and was erased can come once more", func(t *testing.T) {
			again := depart(t, p, there+"/second", map[string]transfer.Item{guidOf("one"): post("one"), guidOf("two"): post("two")})
			eraseAll(t, p, again)
			for _, name := range []string{"one", "two"} {
				if o := bring(t, w, guidOf(name), post(name)); o.URL != "" || !o.Result.Arrived() {
					t.Errorf("%s: %+v", name, o)
				}
			}
		})
		t.Run("what its owner deleted after it came home does not", func(t *testing.T) {
			must(t, p.s.DeletePost(t.Context(), p.account(t, "aurora"), guidOf("one")))
			wantOutcome(t, bring(t, w, guidOf("one"), post("one")), transfer.Skipped, transfer.KeptHere)
			if p.leads(t, one) {
				t.Error("a deleted post leads away")
			}
		})
	})
}
