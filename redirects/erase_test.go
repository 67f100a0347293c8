package redirects_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

func TestErasing(t *testing.T) {
	each(t, func(w *world) {
		seq, _, err := w.old.store.Mark(w.Context(), w.old.account.ID)
		check(w.T, err)
		w.part("waits for the grace period, and says when it draws near", func() {
			w.runFor(grace - time.Hour)
			w.wantState(transfer.Redirecting, "")
			if got := w.old.items(w.T, transfer.Posts); len(got) != len(w.fixture.Entries[transfer.Posts]) {
				w.Errorf("%d posts are left", len(got))
			}
			if w.told(w.old, w.id, "erasing-in-7-days") != 1 || w.told(w.old, w.id, "erasing-in-1-day") != 1 {
				w.Error("the person was not told once each")
			}
		})
		w.part("erases everything that is proved to be held", func() {
			w.runFor(48 * time.Hour)
			w.wantState(transfer.Erased, "")
			for _, c := range transfer.Collections()[1:] {
				if got := w.old.items(w.T, c); len(got) != 0 {
					w.Errorf("%d %s are left", len(got), c)
				}
			}
			profile := must(w.old.store.Profile(w.Context(), w.old.account.ID))(w.T)
			if profile.FirstName != "" || profile.Bio != "" || profile.Birthday != "" || profile.Searchable {
				w.Errorf("of the profile is left %+v", profile)
			}
		})
		w.part("takes no change number and leaves no tombstone", func() {
			after, _, err := w.old.store.Mark(w.Context(), w.old.account.ID)
			if err != nil || after != seq {
				w.Errorf("the change number went from %d to %d, %v", seq, after, err)
			}
			gone, _, err := w.old.store.Changes(w.Context(), source.Scope{Account: w.old.account.ID, Limited: true}, transfer.Posts, 0, -1, 100, 1<<20)
			if err != nil || len(gone) != 0 {
				w.Errorf("%d deletions, %v", len(gone), err)
			}
		})
		w.part("asked with a fresh challenge each time", func() {
			seen := map[string]bool{}
			for _, q := range w.asked {
				if seen[q.Challenge] || len(q.Challenge) < 22 {
					w.Fatalf("the challenge %q came twice, or is short", q.Challenge)
				}
				seen[q.Challenge] = true
			}
		})
		w.part("is over", func() {
			next, err := w.redirects.Run(w.Context(), w.id)
			if err != nil || !next.Done {
				w.Errorf("got %+v, %v", next, err)
			}
			_, err = w.redirects.Undo(w.Context(), w.old.account.ID, w.id)
			want(w.T, err, transfer.Erasing)
		})
	})
}

// answering has the new pod answer otherwise about some items, by guid.
func (w *world) answering(otherwise map[string]func(*transfer.Holding)) {
	w.twist = func(_, _, answer string) (string, error) {
		var h transfer.Holdings
		if err := keys.Peek(answer, &h); err != nil {
			return "", err
		}
		for i := range h.Items {
			if change := otherwise[h.Items[i].GUID]; change != nil {
				change(&h.Items[i])
			}
		}
		return w.new.sign(transfer.TypHoldings, h)
	}
}

// TestAbsentIsNeverErased: an item without a proof stays, however the new pod
// fails to give one, and the others are erased.
func TestAbsentIsNeverErased(t *testing.T) {
	each(t, func(w *world) {
		unproved := map[string]func(*transfer.Holding){}
		for i, change := range []func(*transfer.Holding){
			func(h *transfer.Holding) { h.State, h.Proof = transfer.AbsentThere, "" },
			func(h *transfer.Holding) { h.Proof = "" },
			func(h *transfer.Holding) { h.Proof = transfer.Sum([]byte("wrong")) },
			func(h *transfer.Holding) { h.GUID = "0000000000000000" },    // not a word about it
			func(h *transfer.Holding) { h.State = "mislaid" },            // a state unheard of
			func(h *transfer.Holding) { h.Collection = transfer.Blocks }, // about something else
			func(h *transfer.Holding) { h.State = transfer.HoldingUnasked },
		} {
			unproved[w.fixture.Entries[transfer.Posts][i].GUID] = change
		}
		w.answering(unproved)
		w.runFor(grace + 6*time.Hour)
		w.wantState(transfer.ErasingOld, transfer.HoldingsAbsent)
		if left, want := slices.Sorted(maps.Keys(w.old.items(w.T, transfer.Posts))), slices.Sorted(maps.Keys(unproved)); !slices.Equal(left, want) {
			w.Fatalf("left are the posts %v, want %v", left, want)
		}
		// Protocol §7.6, §5.3: their photos and the people around them stay with them.
		if photos, people := w.old.items(w.T, transfer.Photos), w.old.items(w.T, transfer.Contacts); len(photos) != 8 || len(people) == 0 {
			w.Errorf("left are %d photos and %d contacts", len(photos), len(people))
		}
		if a, found := w.resolve(redirects.Address{Kind: redirects.Post, Key: w.fixture.Entries[transfer.Posts][0].GUID}); !found || a.Status != 302 {
			w.Errorf("one of them answers %+v, %v", a, found)
		}
		if w.told(w.old, w.id, "transfer-waiting") != 1 {
			w.Error("the person was not told once")
		}
		w.twist = nil
		w.runFor(2 * 24 * time.Hour)
		w.wantState(transfer.Erased, "")
	})
}

func TestAbsentEverything(t *testing.T) {
	each(t, func(w *world) {
		w.twist = func(_, message, _ string) (string, error) {
			var h transfer.Holdings
			check(w.T, keys.Peek(message, &h))
			h.InReplyTo, h.ID, h.Items = h.ID, "another identifier", nil
			h.Issuer, h.Audience = h.Audience, h.Issuer
			return w.new.sign(transfer.TypHoldings, h)
		}
		w.pass(grace - time.Hour)
		w.runFor(6 * time.Hour)
		w.wantState(transfer.Redirecting, transfer.HoldingsAbsent) // it can still be undone
		check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
	})
}

func drop[T any](_ T, err error) error { return err }

func TestNothingIsErasedWithoutAnAnswer(t *testing.T) {
	stranger := must(keys.Generate())(t)
	each(t, func(w *world) {
		w.runFor(grace - time.Hour) // everything is proved a first time, which is not enough
		for name, c := range map[string]struct {
			twist  func(w *world, message, answer string) (string, error)
			reason transfer.Code
		}{
			"silence": {func(*world, string, string) (string, error) { return "", errDown }, transfer.PodUnreachable},
			"another key": {func(_ *world, _, answer string) (string, error) {
				var h transfer.Holdings
				err := keys.Peek(answer, &h)
				return must(keys.Sign(stranger, transfer.TypHoldings, h))(t), err
			}, transfer.SignatureInvalid},
			"another kind of message": {func(w *world, _, answer string) (string, error) {
				var h transfer.Holdings
				err := keys.Peek(answer, &h)
				return must(w.new.sign(transfer.TypUndo, h))(t), err
			}, transfer.SignatureInvalid},
			"an answer to another question": {func(w *world, _, answer string) (string, error) {
				var h transfer.Holdings
				err := keys.Peek(answer, &h)
				h.InReplyTo = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				return must(w.new.sign(transfer.TypHoldings, h))(t), err
			}, transfer.SignatureInvalid},
			"its own question": {func(_ *world, message, _ string) (string, error) { return message, nil }, transfer.SignatureInvalid},
			"a refusal": {func(*world, string, string) (string, error) {
				return "", transfer.Errorf(transfer.RequestInvalid, "no")
			}, transfer.RequestInvalid},
		} {
			w.part(name, func() {
				w.twist = func(_, message, answer string) (string, error) { return c.twist(w, message, answer) }
				w.runFor(2 * 24 * time.Hour)
				w.wantState(transfer.Redirecting, c.reason)
				if got := w.old.items(w.T, transfer.Posts); len(got) != len(w.fixture.Entries[transfer.Posts]) {
					w.Errorf("%d posts are left", len(got))
				}
			})
		}
		if w.told(w.old, w.id, "transfer-waiting") == 0 {
			w.Error("the person was never told")
		}
		w.twist = nil
		w.runFor(2 * 24 * time.Hour)
		w.wantState(transfer.Erased, "")
	})
}

// TestWhatTheOwnerChangedThere: edited and removed allow erasing once the person
// has had the time to see it.
func TestWhatTheOwnerChangedThere(t *testing.T) {
	each(t, func(w *world) {
		w.runFor(grace - 3*24*time.Hour) // everything is proved a first time
		removed := w.fixture.Entries[transfer.Posts][30].GUID
		check(w.T, w.new.store.DeletePost(w.Context(), w.new.account.ID, removed))
		check(w.T, w.new.store.UpdateProfile(w.Context(), w.new.account.ID, transfer.Profile{FirstName: "Nova"}))
		w.runFor(4 * 24 * time.Hour)
		w.wantState(transfer.Redirecting, transfer.HoldingsListed)
		tallies := must(w.redirects.Asked(w.Context(), w.old.account.ID, w.id))(w.T)
		for _, s := range tallies {
			switch {
			case s.Collection == transfer.Posts && (s.Removed != 1 || s.Held != int64(len(w.fixture.Entries[transfer.Posts]))-1),
				s.Collection == transfer.Profiles && s.Edited != 1, s.Absent != 0:
				w.Errorf("got %+v", s)
			}
		}
		listed := must(w.redirects.Listed(w.Context(), w.old.account.ID, w.id, 10))(w.T)
		if all := []transfer.Holding{
			{Collection: transfer.Posts, GUID: removed, State: transfer.RemovedThere},
			{Collection: transfer.Profiles, GUID: w.fixture.Entries[transfer.Profiles][0].GUID, State: transfer.EditedThere},
		}; !slices.Equal(listed, all) {
			w.Errorf("listed are %+v, want %+v", listed, all)
		}
		_, err := w.redirects.Listed(w.Context(), w.old.account.ID+1, w.id, 10)
		want(w.T, err, transfer.NotFound)
		w.runFor(notice - 2*24*time.Hour)
		w.wantState(transfer.Redirecting, transfer.HoldingsListed)
		w.runFor(3 * 24 * time.Hour)
		w.wantState(transfer.Erased, "")
		if got := w.old.items(w.T, transfer.Posts); len(got) != 0 {
			w.Errorf("%d posts are left", len(got))
		}
	})
}

func TestWhatChangedHereStays(t *testing.T) {
	each(t, func(w *world) {
		// Nothing lets a person write now; a row may have come past the program.
		moved := must(w.old.store.Departure(w.Context(), w.id))(w.T)
		check(w.T, w.old.store.SetActive(w.Context(), w.old.account.ID))
		check(w.T, w.old.store.UpdateProfile(w.Context(), w.old.account.ID, transfer.Profile{FirstName: "Aurora", Bio: "back in a minute"}))
		own := must(w.old.store.CreatePost(w.Context(), w.old.account.ID, transfer.Post{Public: true, Text: "written after the move", CreatedAt: transfer.TimeOf(w.now)}))(w.T)
		check(w.T, w.old.store.SetMoved(w.Context(), moved))
		w.runFor(grace + 2*24*time.Hour)
		w.wantState(transfer.Erased, "")
		if left := slices.Collect(maps.Keys(w.old.items(w.T, transfer.Posts))); !slices.Equal(left, []string{own}) {
			w.Errorf("left are %v", left)
		}
		if people := w.old.items(w.T, transfer.Contacts); len(people) == 0 {
			w.Error("the contacts went although a post is left")
		}
		if p := must(w.old.store.Profile(w.Context(), w.old.account.ID))(w.T); p.Bio != "back in a minute" {
			w.Errorf("the profile is %+v", p)
		}
	})
}

func TestEraseNow(t *testing.T) {
	each(t, func(w *world) {
		_, err := w.redirects.EraseNow(w.Context(), w.old.account.ID, w.id)
		want(w.T, err, transfer.RequestInvalid)
		w.pass(notice)
		_, err = w.redirects.EraseNow(w.Context(), w.old.account.ID+1, w.id)
		want(w.T, err, transfer.NotFound)
		check(w.T, drop(w.redirects.EraseNow(w.Context(), w.old.account.ID, w.id)))
		w.down = true
		w.runFor(time.Hour)
		w.wantState(transfer.Redirecting, transfer.PodUnreachable)
		w.down = false
		w.runFor(time.Hour)
		w.wantState(transfer.Erased, "")
	})
}

// TestUndoOrErase: exactly one of them happens (Protocol §7.1).
func TestUndoOrErase(t *testing.T) {
	for range 2 {
		each(t, func(w *world) {
			w.runFor(grace - time.Minute)
			w.pass(time.Hour)
			var undone, erased error
			var both sync.WaitGroup
			both.Go(func() { _, undone = w.redirects.Undo(w.Context(), w.old.account.ID, w.id) })
			both.Go(func() {
				for range 10 {
					var next redirects.Next
					if next, erased = w.redirects.Run(w.Context(), w.id); next.Done || erased != nil {
						return
					}
				}
			})
			both.Wait()
			check(w.T, erased)
			posts := len(w.old.items(w.T, transfer.Posts))
			switch state := w.departure().State; {
			case state == transfer.Undone && undone == nil && posts == len(w.fixture.Entries[transfer.Posts]):
			case state == transfer.Erased && transfer.CodeOf(undone) == transfer.Erasing && posts == 0:
			default:
				w.Errorf("the departure is %s, the undo %v, and %d posts are left", state, undone, posts)
			}
		})
	}
}

// TestLostBytesHere: what cannot be compared is not erased.
func TestLostBytesHere(t *testing.T) {
	once(t, func(w *world) {
		photo := w.fixture.Entries[transfer.Photos][3]
		check(w.T, w.old.blobs.Delete(w.Context(), string(transfer.Sum(w.fixture.Content[photo.GUID]))))
		w.runFor(grace + 2*24*time.Hour)
		w.wantState(transfer.ErasingOld, transfer.HoldingsAbsent)
		if _, _, err := w.new.blobs.Open(w.Context(), string(transfer.Sum(w.fixture.Content[photo.GUID]))); err != nil {
			w.Error(err)
		}
	})
}

// TestLostBytesThere: a photo whose bytes the new pod has lost is absent, and
// so it is if its words were changed there.
func TestLostBytesThere(t *testing.T) {
	once(t, func(w *world) {
		photo := w.fixture.Entries[transfer.Photos][3]
		sum := string(transfer.Sum(w.fixture.Content[photo.GUID]))
		check(w.T, w.new.blobs.Delete(w.Context(), sum))
		w.runFor(grace + 2*24*time.Hour)
		w.wantState(transfer.ErasingOld, transfer.HoldingsAbsent)
		if _, there := w.old.items(w.T, transfer.Photos)[photo.GUID]; !there {
			w.Fatal("the last bytes were erased")
		}
		kept, _, err := w.old.blobs.Open(w.Context(), sum)
		if err != nil {
			w.Fatal(err)
		}
		defer kept.Close()
		if raw, err := io.ReadAll(kept); err != nil || !bytes.Equal(raw, w.fixture.Content[photo.GUID]) {
			w.Error(errors.Join(errors.New("the bytes are not what they were"), err))
		}
	})
}
