package redirects_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// A wayfarer is the new pod's store, whose account has gone on.
type wayfarer struct {
	*store.Store
	leaving destination.Leaving
	items   []transfer.Onward
	undone  bool // as soon as something was told
}

// Leaving is destination.Custody's.
func (f *wayfarer) Leaving(context.Context, string) (destination.Leaving, error) {
	return f.leaving, nil
}

// GoneOn is destination.Custody's.
func (f *wayfarer) GoneOn(_ context.Context, _ destination.Move, _ string, after transfer.Onward, limit int) ([]transfer.Onward, error) {
	for i, item := range f.items {
		if item.GUID > after.GUID {
			return f.items[i:min(len(f.items), i+limit)], nil
		}
	}
	return nil, nil
}

func TestTellingOfMovingOn(t *testing.T) {
	w := newWorld(t, storetest.SQLite)
	w.onward()
	f := &wayfarer{Store: w.new.store, leaving: destination.Leaving{
		ID: "leaving", State: transfer.Redirecting, Account: "newest@third.example", Origin: thirdPod,
		Profile: thirdPod + "/people/newest", Feed: thirdPod + "/public/newest.atom", Since: w.now,
	}}
	for i := range transfer.MaxHoldings + 20 {
		guid := fmt.Sprintf("guid-of-a-post-%06d", i)
		f.items = append(f.items, transfer.Onward{Collection: transfer.Posts, GUID: guid, URL: thirdPod + "/posts/" + guid})
	}
	signer := w.old.sign
	heard := 0
	keeper := destination.NewKeeper(w.mover, destination.KeeperOptions{
		Custody: f, Verify: verify, Peek: keys.Peek,
		Send: func(ctx context.Context, address, message string) (string, error) {
			if w.down || address != oldPod+"/transfer/v1/notices" {
				return "", errDown
			}
			heard++
			old := *w.redirects
			old.Sign = signer
			answer, err := old.HearOnward(ctx, message)
			if f.undone {
				f.leaving.State = transfer.Undone
			}
			return answer, err
		},
	})
	job := destination.OnwardJob{Move: w.move, Leaving: "leaving"}
	tell := func(job destination.OnwardJob) destination.Next {
		w.Helper()
		return must(keeper.TellOnward(w.Context(), job))(w.T)
	}
	w.part("begins with the pod that the account came from", func() {
		check(w.T, keeper.Onward(w.Context(), w.new.account.ID, "leaving"))
		if last := w.jobs[len(w.jobs)-1]; last != destination.Job(job) {
			w.Errorf("the job is %+v", last)
		}
	})
	w.part("is tried again while that does not answer", func() {
		w.down = true
		if next := tell(job); next.Done || next.After < time.Second {
			w.Errorf("%+v", next)
		}
		w.down = false
	})
	w.part("or somebody else does", func() {
		signer = w.new.sign
		if next := tell(job); next.Done {
			w.Error("a stranger's answer was believed")
		}
		signer = w.old.sign
	})
	w.part("goes on with what does not fit into one message", func() {
		heard = 0
		if next := tell(job); !next.Done {
			w.Fatalf("%+v", next)
		}
		second, ok := w.jobs[len(w.jobs)-1].(destination.OnwardJob)
		if !ok || second.GUID != f.items[transfer.MaxHoldings-1].GUID {
			w.Fatalf("the next job is %+v", second)
		}
		jobs := len(w.jobs)
		if next := tell(second); !next.Done || len(w.jobs) != jobs || heard != 2 {
			w.Errorf("%+v after %d messages", next, heard)
		}
	})
	w.part("tells of an undo that came while the last message was heard", func() {
		before := f.leaving
		f.undone, heard = true, 0
		if next := tell(job); next.Done || next.After != 0 {
			w.Fatalf("%+v", next)
		}
		if next := tell(job); !next.Done || heard != 2 {
			w.Errorf("%+v after %d messages", next, heard)
		}
		if _, known, err := w.old.store.Onward(w.Context(), w.id); known || err != nil {
			w.Error("old links lead on", err)
		}
		f.leaving, f.undone = before, false
	})
	heard = 0
	w.part("ends after a month", func() {
		w.down = true
		w.pass(31 * 24 * time.Hour)
		if next := tell(job); !next.Done {
			w.Errorf("%+v", next)
		}
		w.down = false
	})
	w.part("is not done for an account that leaves no address, or that moves back", func() {
		before := f.leaving
		f.leaving.NoAddress = true
		tell(job)
		f.leaving = before
		f.leaving.Origin = oldPod
		tell(job)
		f.leaving = before
		f.leaving.Overtaken = true // a later departure has a job of its own
		tell(job)
		if f.leaving = before; heard != 0 {
			w.Errorf("%d messages were sent", heard)
		}
	})
}
