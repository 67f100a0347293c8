package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// bring writes one item as the next page, and answers its outcome.
func bring(t *testing.T, w transfer.Writer, guid string, item transfer.Item) transfer.Outcome {
	t.Helper()
	e, err := transfer.Encode(guid, item)
	must(t, err)
	return bringEntry(t, w, item.Collection(), e)
}

func bringEntry(t *testing.T, w transfer.Writer, c transfer.Collection, entries ...transfer.Entry) transfer.Outcome {
	t.Helper()
	after, err := w.Progress(t.Context(), c)
	must(t, err)
	list, err := w.Write(t.Context(), transfer.Page{Collection: c, After: after, Next: after + "x", Through: int64(len(after)) + 1, Entries: entries})
	must(t, err)
	return list[len(list)-1]
}

func wantOutcome(t *testing.T, o transfer.Outcome, r transfer.Result, reason transfer.Code) {
	t.Helper()
	if o.Result != r || o.Reason != reason {
		t.Errorf("%+v, want %s %s", o, r, reason)
	}
}

// eachPod runs body on both databases.
func eachPod(t *testing.T, body func(t *testing.T, p *testPod, w transfer.Writer)) {
	t.Helper()
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			body(t, p, p.Writer(t, "aurora", "elsewhere"))
		})
	}
}

func TestWhatIsHereStays(t *testing.T) {
	post := func(text string) transfer.Post {
		return transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Public: true, Text: text}
	}
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		account := p.account(t, "aurora")
		t.Run("a post whose guid no address can end in gets another one, and says where it is", func(t *testing.T) {
			o := bring(t, w, "what-ends-as-its-form.json", post("hello"))
			wantOutcome(t, o, transfer.Imported, "")
			if !strings.HasPrefix(o.URL, "https://new.example/posts/") || strings.HasSuffix(o.URL, ".json") {
				t.Errorf("it is at %q", o.URL)
			}
		})
		t.Run("an item edited here is neither overwritten nor deleted", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("edited"), post("one")), transfer.Imported, "")
			must(t, p.s.DB(t.Context()).Exec("UPDATE posts SET text = 'mine', digest = 'mine' WHERE guid = ?", guidOf("edited")).Error)
			wantOutcome(t, bring(t, w, guidOf("edited"), post("two")), transfer.Skipped, transfer.KeptHere)
			wantOutcome(t, bring(t, w, guidOf("edited"), post("two")), transfer.Skipped, transfer.KeptHere)
			wantOutcome(t, bringEntry(t, w, transfer.Posts, transfer.Entry{GUID: guidOf("edited"), Deleted: true}), transfer.Removed, transfer.KeptHere)
			wantOutcome(t, bring(t, w, guidOf("edited"), post("three")), transfer.Skipped, transfer.KeptHere)
		})
		t.Run("an item deleted here does not come back", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("deleted"), post("one")), transfer.Imported, "")
			must(t, p.s.DeletePost(t.Context(), account, guidOf("deleted")))
			wantOutcome(t, bring(t, w, guidOf("deleted"), post("two")), transfer.Skipped, transfer.KeptHere)
		})
		t.Run("an item that the source deleted comes back with it", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("back"), post("one")), transfer.Imported, "")
			wantOutcome(t, bringEntry(t, w, transfer.Posts, transfer.Entry{GUID: guidOf("back"), Deleted: true}), transfer.Removed, "")
			wantOutcome(t, bring(t, w, guidOf("back"), post("two")), transfer.Imported, "")
		})
		t.Run("an item that failed in between is still known as brought", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("patchy"), post("one")), transfer.Imported, "")
			bad := transfer.Entry{GUID: guidOf("patchy"), Item: []byte(`{"public":true}`), Digest: transfer.Sum([]byte(`{"public":true}`))}
			wantOutcome(t, bringEntry(t, w, transfer.Posts, bad), transfer.Failed, transfer.ItemInvalid)
			wantOutcome(t, bring(t, w, guidOf("patchy"), post("two")), transfer.Imported, "")
		})
		t.Run("who shares with the account is not the source's to say", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("c1"), transfer.Contact{ID: "c@pod.example", Receiving: true}), transfer.Imported, "")
			must(t, p.s.DB(t.Context()).Exec("UPDATE contacts SET sharing = TRUE WHERE account_id = ?", account).Error)
			wantOutcome(t, bring(t, w, guidOf("c1"), transfer.Contact{ID: "c@pod.example"}), transfer.Imported, "")
			var sharing bool
			must(t, p.s.DB(t.Context()).Raw("SELECT sharing FROM contacts WHERE account_id = ?", account).Scan(&sharing).Error)
			if !sharing {
				t.Error("the contact shares no more")
			}
		})
		t.Run("a contact cannot become a person who is there", func(t *testing.T) {
			wantOutcome(t, bring(t, w, guidOf("c2"), transfer.Contact{ID: "d@pod.example"}), transfer.Imported, "")
			wantOutcome(t, bring(t, w, guidOf("c2"), transfer.Contact{ID: "c@pod.example"}), transfer.Failed, transfer.GUIDTaken)
		})
	})
}

func TestProfileChoice(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		wantOutcome(t, bring(t, w, guidOf("profile"), transfer.Profile{Bio: "old"}), transfer.Imported, "")
		wantOutcome(t, bring(t, w, guidOf("profile"), transfer.Profile{Bio: "older"}), transfer.Imported, "")
		p.Author(t, "aurora", transfer.Profile{Bio: "mine"})
		wantOutcome(t, bring(t, w, guidOf("profile"), transfer.Profile{Bio: "old"}), transfer.Skipped, transfer.KeptHere)
		run := p.run(t, "aurora", "elsewhere")
		run.Profile = destination.ReplaceProfile
		w = p.s.Writer(run, p.blobs)
		wantOutcome(t, bring(t, w, guidOf("profile"), transfer.Profile{Bio: "old"}), transfer.Imported, "")
		wantOutcome(t, bringEntry(t, w, transfer.Profiles, transfer.Entry{GUID: guidOf("profile"), Deleted: true}), transfer.Removed, transfer.KeptHere)
		if n := len(p.Items(t, "aurora", transfer.Profiles)); n != 1 {
			t.Errorf("%d profiles", n)
		}
	})
}

func TestAddresses(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		stub := func(account int64, c transfer.Collection, guid, file string) {
			t.Helper()
			db := p.s.DB(t.Context())
			must(t, db.Exec(`INSERT INTO transfers (id, account_id, grant_id, client, nonce, purpose, collections, limited, destination, state, plan, created_at, used_at)
				VALUES ('t', ?, 'g', '', 'n', 'move', '', FALSE, '', '', '', 0, 0) ON CONFLICT DO NOTHING`, account).Error)
			must(t, db.Exec("INSERT INTO stubs (transfer_id, account_id, collection, guid, file, target) VALUES ('t', ?, ?, ?, ?, '')", account, c, guid, file).Error)
		}
		post := transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Public: true}
		t.Run("of another account that redirect are not given out", func(t *testing.T) {
			stub(p.account(t, "boreal"), transfer.Posts, guidOf("theirs"), "")
			if o := bring(t, w, guidOf("theirs"), post); o.URL == "" || o.Result != transfer.Imported {
				t.Errorf("%+v, want a fresh address", o)
			}
		})
		t.Run("are different for two photos of one name", func(t *testing.T) {
			photo := transfer.Photo{CreatedAt: transfer.TimeOf(day(1)), Name: fileOf("same"), SHA256: putBlob(t, p, "x"), Size: 1, Type: "image/png"}
			if first := bring(t, w, guidOf("p1"), photo); first.URL != "" {
				t.Errorf("%+v", first)
			}
			a, err := transfer.Encode(guidOf("p2"), photo)
			must(t, err)
			b, err := transfer.Encode(guidOf("p3"), photo)
			must(t, err)
			if o := bringEntry(t, w, transfer.Photos, a, b); o.URL == "" || o.Result != transfer.Imported {
				t.Errorf("%+v, want a fresh address", o)
			}
		})
	})
}

func TestPagesThatNoSourceSends(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, w transfer.Writer) {
		good := postEntries(t, "a", "b")
		wrong := good[0]
		wrong.Digest = good[1].Digest
		for name, c := range map[string]struct {
			want transfer.Code
			page transfer.Page
		}{
			"a guid twice":         {transfer.AnswerInvalid, transfer.Page{Collection: transfer.Posts, Entries: append(good, good[0])}},
			"a guid with a NUL":    {transfer.AnswerInvalid, transfer.Page{Collection: transfer.Posts, Entries: []transfer.Entry{{GUID: "a\x00", Deleted: true}}}},
			"a wrong digest":       {transfer.DigestWrong, transfer.Page{Collection: transfer.Posts, Entries: []transfer.Entry{good[1], wrong}}},
			"other bytes":          {transfer.NotCanonical, transfer.Page{Collection: transfer.Posts, Entries: []transfer.Entry{good[1], {GUID: guidOf("x"), Item: []byte(`{ }`)}}}},
			"a foreign collection": {transfer.AnswerInvalid, transfer.Page{Collection: "accounts", Entries: good}},
			"too many entries":     {transfer.AnswerInvalid, transfer.Page{Collection: transfer.Posts, Entries: make([]transfer.Entry, transfer.MaxPageItems+1)}},
		} {
			t.Run(name, func(t *testing.T) {
				c.page.Next = "next"
				if _, err := w.Write(t.Context(), c.page); transfer.CodeOf(err) != c.want {
					t.Errorf("%v, want %s", err, c.want)
				}
			})
		}
		if n := len(p.Items(t, "aurora", transfer.Posts)); n != 0 {
			t.Errorf("%d posts were stored of refused pages", n)
		}
	})
}

// TestTwoAccountsAtOnce brings the same posts to two accounts at the same time:
// each guid goes to one of them, and no page is lost.
func TestTwoAccountsAtOnce(t *testing.T) {
	eachPod(t, func(t *testing.T, p *testPod, _ transfer.Writer) {
		var entries [20][]transfer.Entry
		for i := range entries {
			for j := range 10 {
				e, err := transfer.Encode(guidOf(fmt.Sprint(i, "x", j)), transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Public: true})
				must(t, err)
				entries[i] = append(entries[i], e)
			}
		}
		names := []string{"aurora", "boreal"}
		fresh := make([]int, len(names))
		writers := []transfer.Writer{p.Writer(t, names[0], "x"), p.Writer(t, names[1], "x")}
		var group sync.WaitGroup
		for i, w := range writers {
			group.Go(func() {
				after := transfer.Cursor("")
				for _, page := range entries {
					list, err := w.Write(t.Context(), transfer.Page{Collection: transfer.Posts, After: after, Next: after + "x", Entries: page})
					if err != nil {
						t.Error(err)
						return
					}
					for _, o := range list {
						if o.URL != "" {
							fresh[i]++
						}
					}
					after += "x"
				}
			})
		}
		group.Wait()
		if fresh[0]+fresh[1] != 200 {
			t.Errorf("%d and %d posts got fresh guids, want 200 in all", fresh[0], fresh[1])
		}
		for _, name := range names {
			if n := len(p.Items(t, name, transfer.Posts)); n != 200 {
				t.Errorf("%s has %d posts", name, n)
			}
		}
	})
}
