package web

import (
	"testing"

	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestRetriable: what did not arrive is offered to be tried again where that is
// of use, and only there.
func TestRetriable(t *testing.T) {
	here, failed := pod.Account{State: pod.Active}, []destination.Progress{{Collection: transfer.Photos, Imported: 3, Failed: 1}}
	move := func(s destination.State, c ...destination.Progress) destination.Report {
		return destination.Report{Move: destination.Move{State: s, Purpose: transfer.Move}, Collections: c}
	}
	for what, is := range map[string]struct {
		account pod.Account
		report  destination.Report
		want    bool
	}{
		"a move that waits":                  {here, move(destination.Waiting, failed...), true},
		"one that is done but for something": {here, move(destination.Done, failed...), true},
		"one that is done":                   {here, move(destination.Done), false},
		"one whose person has moved on":      {pod.Account{State: pod.Moved}, move(destination.Done, failed...), false},
		"one that is cancelled":              {here, move(destination.Cancelled, failed...), false},
		"one that something completes now": {here, func() destination.Report {
			r := move(destination.Done, failed...)
			r.Later = []destination.Move{{State: destination.Copying}}
			return r
		}(), false},
		"one that something has completed": {here, func() destination.Report {
			r := move(destination.Done, failed...)
			r.Later = []destination.Move{{State: destination.Done}}
			return r
		}(), true},
		"a completion that is cancelled": {here, func() destination.Report { r := move(destination.Cancelled); r.Move.Retries = "a"; return r }(), true},
		"a copy, which takes nothing away": {here, func() destination.Report {
			r := move(destination.Done, failed...)
			r.Move.Purpose = transfer.Copy
			return r
		}(), false},
		"one that the old pod must allow anew": {here, func() destination.Report {
			r := move(destination.NeedsAttention, failed...)
			r.Move.Reason = transfer.ConsentNeeded
			return r
		}(), false},
	} {
		if got := retriable(is.account, is.report); got != is.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
