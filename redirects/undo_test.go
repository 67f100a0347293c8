package redirects_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

// takeBack does what the queue would at the new pod.
func (w *world) takeBack() {
	w.Helper()
	for range 20 {
		next := must(w.keeper.TakeBack(w.Context(), w.move))(w.T)
		if next.Done {
			return
		}
		w.pass(next.After)
	}
	w.Fatal("taking back does not come to an end")
}

func (w *world) moveState() destination.State {
	w.Helper()
	return must(w.mover.Mine(w.Context(), w.new.account.ID, w.move))(w.T).State
}

func TestUndoAtTheOldPod(t *testing.T) {
	each(t, func(w *world) {
		addresses := w.addresses()
		w.part("is for the account's person alone", func() {
			_, err := w.redirects.Undo(w.Context(), w.old.account.ID+1, w.id)
			want(w.T, err, transfer.NotFound)
		})
		w.part("takes the stubs down, and brings the account back", func() {
			d := must(w.redirects.Undo(w.Context(), w.old.account.ID, w.id))(w.T)
			a := must(w.old.store.Account(w.Context(), w.old.account.ID))(w.T)
			if d.State != transfer.Undone || a.State != pod.Active || a.MovedTo != "" {
				w.Errorf("the departure is %s, the account %+v", d.State, a)
			}
			w.wantNowhere(slices.Collect(maps.Keys(addresses)))
		})
		w.part("does the same when pressed again", func() {
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
		})
		w.part("tells the new pod, again and again until it hears", func() {
			if !slices.Contains(w.jobs, redirects.Job(redirects.NoticeJob{Transfer: w.id})) {
				w.Errorf("the jobs are %v", w.jobs)
			}
			w.down = true
			next := must(w.redirects.Tell(w.Context(), w.id))(w.T)
			if next.Done || next.After <= 0 {
				w.Errorf("got %+v", next)
			}
			w.down = false
			if next := must(w.redirects.Tell(w.Context(), w.id))(w.T); !next.Done || w.moveState() != destination.Undone {
				w.Errorf("got %+v, and the move is %s", next, w.moveState())
			}
		})
		w.part("never erases anything afterwards", func() {
			w.runFor(2 * grace)
			if got := w.old.items(w.T, transfer.Posts); len(got) != len(w.fixture.Entries[transfer.Posts]) {
				w.Errorf("%d posts are left", len(got))
			}
		})
		w.part("removes nothing at the new pod by itself, and all of it when asked", func() {
			if got := w.new.items(w.T, transfer.Posts); len(got) != len(w.fixture.Entries[transfer.Posts]) {
				w.Fatalf("%d posts are left", len(got))
			}
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			w.takeBack()
			for _, c := range transfer.Collections()[1:] {
				if got := w.new.items(w.T, c); len(got) != 0 {
					w.Errorf("%d %s are left", len(got), c)
				}
			}
			if p := must(w.new.store.Profile(w.Context(), w.new.account.ID))(w.T); p.FirstName != "" || p.Bio != "" || p.Avatar != "" {
				w.Errorf("the profile is %+v", p)
			}
		})
	})
}

func TestUndoAtTheNewPod(t *testing.T) {
	each(t, func(w *world) {
		gone := w.fixture.Entries[transfer.Posts][25].GUID
		photo, avatar := w.fixture.Entries[transfer.Photos][8].GUID, w.fixture.Entries[transfer.Photos][9].GUID // on no post
		w.part("removes nothing without the old pod's answer", func() {
			w.down = true
			err := w.keeper.Undo(w.Context(), w.new.account.ID, w.move)
			want(w.T, err, transfer.PodUnreachable)
			if w.moveState() != destination.Done || len(w.new.items(w.T, transfer.Posts)) != len(w.fixture.Entries[transfer.Posts]) {
				w.Error("something happened all the same")
			}
			w.down = false
		})
		w.part("asks the old pod, which takes the move back", func() {
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			w.wantState(transfer.Undone, "")
		})
		own := must(w.new.store.CreatePost(w.Context(), w.new.account.ID, transfer.Post{
			Public: true, Text: "written here", Photos: []string{photo}, CreatedAt: transfer.TimeOf(w.now),
		}))(w.T)
		check(w.T, w.new.store.UpdateProfile(w.Context(), w.new.account.ID, transfer.Profile{FirstName: "Nova", Avatar: avatar}))
		check(w.T, w.old.store.DeletePost(w.Context(), w.old.account.ID, gone))
		w.part("removes what came, and keeps what was edited, written or used here, or is gone there", func() {
			w.takeBack()
			left := w.new.items(w.T, transfer.Posts)
			want := []string{gone, own}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(left)); !slices.Equal(got, want) {
				w.Errorf("left are the posts %v, want %v", got, want)
			}
			want = []string{photo, avatar}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(w.new.items(w.T, transfer.Photos))); !slices.Equal(got, want) {
				w.Errorf("left are the photos %v, want %v", got, want)
			}
			if p := must(w.new.store.Profile(w.Context(), w.new.account.ID))(w.T); p.FirstName != "Nova" {
				w.Errorf("the profile is %+v", p)
			}
		})
		w.part("can come again", func() {
			guid := w.fixture.Entries[transfer.Posts][5]
			into := w.writer()
			after := must(into.Progress(w.Context(), transfer.Posts))(w.T)
			o := w.write(into, transfer.Page{Collection: transfer.Posts, After: after, Next: "again", Through: 99, CaughtUp: true, Entries: []transfer.Entry{guid}})
			if o[0].Result != transfer.Imported {
				w.Errorf("got %+v", o[0])
			}
		})
	})
}

func TestUndoTooLate(t *testing.T) {
	each(t, func(w *world) {
		w.runFor(grace + 48*time.Hour)
		w.wantState(transfer.Erased, "")
		err := w.keeper.Undo(w.Context(), w.new.account.ID, w.move)
		want(w.T, err, transfer.Erasing)
		if w.moveState() != destination.Done || len(w.new.items(w.T, transfer.Posts)) != len(w.fixture.Entries[transfer.Posts]) {
			w.Error("something happened all the same")
		}
	})
}

// TestTheOldPodLiesAboutWhatItHas: only items that it lists with the digest
// brought are removed.
func TestTheOldPodLiesAboutWhatItHas(t *testing.T) {
	once(t, func(w *world) {
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
		w.twist = func(_, _, answer string) (string, error) {
			var u transfer.Undo
			check(w.T, keys.Peek(answer, &u))
			for i := range u.Items {
				u.Items[i].Digest = transfer.Sum([]byte("something else"))
			}
			return w.old.sign(transfer.TypUndo, u)
		}
		w.takeBack()
		if got := w.new.items(w.T, transfer.Posts); len(got) != len(w.fixture.Entries[transfer.Posts]) {
			w.Errorf("%d posts are left", len(got))
		}
	})
}

// TestToldWhileFinishing: a notice of an undo that comes while the answer to what
// finished the move is still under way is to be repeated, and not forgotten.
func TestToldWhileFinishing(t *testing.T) {
	once(t, func(w *world) {
		notice := must(w.old.sign(transfer.TypUndo, transfer.Undo{Envelope: w.request(oldPod, newPod), State: transfer.Undone}))(w.T)
		done := must(w.new.store.Move(w.Context(), w.move))(w.T)
		finishing := done
		finishing.State, finishing.ReceiptFor = destination.Verifying, done.Transfer
		check(w.T, w.new.store.ChangeMove(w.Context(), finishing, done.State))
		want(w.T, drop(w.keeper.Hear(w.Context(), notice)), transfer.Unavailable)
		check(w.T, w.new.store.ChangeMove(w.Context(), done, finishing.State))
		check(w.T, drop(w.keeper.Hear(w.Context(), notice)))
		if got := w.moveState(); got != destination.Undone {
			w.Errorf("the move is %s", got)
		}
	})
}

// TestMessages: both ends refuse what is not signed for them, now, once.
func TestMessages(t *testing.T) {
	stranger := must(keys.Generate())(t)
	for _, end := range []struct {
		name   string
		signer func(w *world) side
		hear   func(w *world, message string) error
		typ    string
		claims func(w *world, e transfer.Envelope) any
		from   string
		to     string
	}{
		{"an undo that the new pod asks for", func(w *world) side { return w.new },
			func(w *world, m string) error { return drop(w.redirects.Hear(w.Context(), m)) },
			transfer.TypUndo, func(_ *world, e transfer.Envelope) any { return transfer.Undo{Envelope: e} }, newPod, oldPod},
		{"an undo that the old pod tells of", func(w *world) side { return w.old },
			func(w *world, m string) error { return drop(w.keeper.Hear(w.Context(), m)) },
			transfer.TypUndo, func(_ *world, e transfer.Envelope) any { return transfer.Undo{Envelope: e, State: transfer.Undone} }, oldPod, newPod},
		{"a question after holdings", func(w *world) side { return w.old },
			func(w *world, m string) error { return drop(w.keeper.Holdings(w.Context(), m)) },
			transfer.TypHoldings, func(w *world, e transfer.Envelope) any {
				return transfer.Holdings{Envelope: e, Items: []transfer.Holding{
					{Collection: transfer.Posts, GUID: w.fixture.Entries[transfer.Posts][0].GUID, Challenge: rand.Text()}}}
			}, oldPod, newPod},
	} {
		t.Run(end.name, func(t *testing.T) {
			once(t, func(w *world) {
				good := func() transfer.Envelope {
					return transfer.Envelope{
						Issuer: end.from, Audience: end.to, Transfer: w.id, Nonce: w.nonce(),
						IssuedAt: w.now.Unix(), Expires: w.now.Add(time.Minute).Unix(), ID: rand.Text(),
					}
				}
				for name, c := range map[string]struct {
					code   transfer.Code
					change func(*transfer.Envelope)
				}{
					"refuses another audience":                 {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Audience = "https://other.example" }},
					"refuses another transfer nonce":           {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Nonce = rand.Text() }},
					"refuses one that has expired":             {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Expires = w.now.Add(-transfer.ClockSkew).Unix() }},
					"refuses one without an end":               {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Expires = 0 }},
					"refuses one without a time":               {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.IssuedAt = 0 }},
					"refuses one that is good for six minutes": {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Expires = w.now.Add(6 * time.Minute).Unix() }},
					"refuses one that is good for an hour":     {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.Expires = w.now.Add(time.Hour).Unix() }},
					"refuses one from the future":              {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.IssuedAt = w.now.Add(time.Hour).Unix() }},
					"refuses one without identifier":           {transfer.SignatureInvalid, func(e *transfer.Envelope) { e.ID = "" }},
					"does not know another transfer":           {transfer.NotFound, func(e *transfer.Envelope) { e.Transfer = "00000000000000000000000000000000" }},
					"does not know another issuer":             {transfer.NotFound, func(e *transfer.Envelope) { e.Issuer = "https://other.example" }},
				} {
					w.part(name, func() {
						e := good()
						c.change(&e)
						want(w.T, end.hear(w, must(end.signer(w).sign(end.typ, end.claims(w, e)))(w.T)), c.code)
					})
				}
				w.part("refuses another key", func() {
					want(w.T, end.hear(w, must(keys.Sign(stranger, end.typ, end.claims(w, good())))(w.T)), transfer.SignatureInvalid)
				})
				w.part("refuses every other kind of message", func() {
					for _, typ := range []string{
						transfer.TypManifest, transfer.TypReceipt, transfer.TypHoldings, transfer.TypUndo, transfer.TypMovedOn, "JWT", "at+jwt", "dpop+jwt", "application/" + end.typ, "",
					} {
						if typ != end.typ {
							want(w.T, end.hear(w, must(end.signer(w).sign(typ, end.claims(w, good())))(w.T)), transfer.SignatureInvalid)
						}
					}
				})
				w.part("refuses rubbish", func() { want(w.T, end.hear(w, "a.b.c"), transfer.SignatureInvalid) })
				w.wantState(transfer.Redirecting, "") // nothing of all that did anything
				w.part("takes a good one once", func() {
					message := must(end.signer(w).sign(end.typ, end.claims(w, good())))(w.T)
					check(w.T, end.hear(w, message))
					want(w.T, end.hear(w, message), transfer.MessageReplayed)
				})
			})
		})
	}
}

func (w *world) nonce() string {
	w.Helper()
	return must(w.old.store.Transfer(w.Context(), w.id))(w.T).Nonce
}

// TestHoldingsAreNoOracle: about anything that this issuer's transfer did not
// bring, the answer is absent (Protocol §7.4).
func TestHoldingsAreNoOracle(t *testing.T) {
	each(t, func(w *world) {
		own := must(w.new.store.CreatePost(w.Context(), w.new.account.ID, transfer.Post{Public: true, Text: "mine", CreatedAt: transfer.TimeOf(w.now)}))(w.T)
		came := w.fixture.Entries[transfer.Posts][0].GUID
		ask := func(items ...transfer.Holding) ([]transfer.Holding, error) {
			q := transfer.Holdings{Envelope: transfer.Envelope{
				Issuer: oldPod, Audience: newPod, Transfer: w.id, Nonce: w.nonce(), IssuedAt: w.now.Unix(), Expires: w.now.Add(time.Minute).Unix(), ID: rand.Text(),
			}, Items: items}
			answer, err := w.keeper.Holdings(w.Context(), must(w.old.sign(transfer.TypHoldings, q))(w.T))
			if err != nil {
				return nil, err
			}
			var a transfer.Holdings
			check(w.T, verify(w.Context(), transfer.Pin{Keys: w.new.jwks()}, answer, transfer.TypHoldings, &a))
			return a.Items, nil
		}
		item := func(c transfer.Collection, guid string) transfer.Holding {
			return transfer.Holding{Collection: c, GUID: guid, Challenge: rand.Text()}
		}
		w.part("answers only about what came", func() {
			got := must(ask(item(transfer.Posts, own), item(transfer.Posts, came), item(transfer.Photos, came), item(transfer.Posts, "00000000000000000000000000000000")))(w.T)
			states := []transfer.HoldingState{got[0].State, got[1].State, got[2].State, got[3].State}
			if !slices.Equal(states, []transfer.HoldingState{transfer.AbsentThere, transfer.Held, transfer.AbsentThere, transfer.AbsentThere}) {
				w.Errorf("got %v", states)
			}
		})
		w.part("refuses questions out of bounds", func() {
			weak := item(transfer.Posts, came)
			weak.Challenge = "short"
			for name, items := range map[string][]transfer.Holding{
				"none": nil, "twice the same": {item(transfer.Posts, came), item(transfer.Posts, came)}, "a weak challenge": {weak},
				"no collection": {item("likes", came)}, "no guid": {item(transfer.Posts, "'")},
				"too many": slices.Repeat([]transfer.Holding{item(transfer.Posts, came)}, transfer.MaxHoldings+1),
			} {
				if _, err := ask(items...); transfer.CodeOf(err) != transfer.RequestInvalid && transfer.CodeOf(err) != transfer.TooLarge {
					w.Errorf("%s: got %v", name, err)
				}
			}
		})
		w.part("answers absent about what was taken back", func() {
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			w.takeBack()
			if got := must(ask(item(transfer.Posts, came)))(w.T); got[0].State != transfer.AbsentThere {
				w.Errorf("got %+v", got)
			}
		})
	})
}

// TestProof holds the proof to its definition (Protocol §7.3).
func TestProof(t *testing.T) {
	e := transfertest.Made(transfertest.Aurora).Entries[transfer.Posts][0]
	got := must(transfer.Proof("challenge", e.Item, nil))(t)
	if want := transfer.Sum(append([]byte("challenge"), e.Item...)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
