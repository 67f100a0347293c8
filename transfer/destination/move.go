package destination

import (
	"time"

	"podmove/transfer"
)

// A Move is one account's move, or copy, to an account of this pod.
type Move struct {
	ID            string // 32 hex digits; also the run under which items arrive
	Account       int64  // row id of the account here
	Purpose       transfer.Purpose
	Typed         string // the old ID as it was asked for: aurora@old.example
	Issuer        string // the old pod's public URL; before consent only where a link named it
	Subject       string // the person GUID at the old pod
	SourceAccount string // the old ID as it was proved (Protocol §2.7)
	Transfer      string // id of the transfer at the old pod
	ReceiptFor    string // the transfer that a receipt was signed for last; else empty
	Nonce         string // the transfer nonce (Protocol §4.3)
	State         State
	Phase         State         // what it goes on with after Waiting or NeedsAttention
	Reason        transfer.Code // why it waits, needs attention or ended; else empty
	Message       string        // the same in a sentence for the person
	WaitUntil     time.Time
	Waited        time.Duration // in all, since a bound stands on it (Protocol §4.5)
	Attempts      int           // failures in a row of reaching the old pod
	Rounds        int           // how often copy and manifest differed since the last progress
	Plan          transfer.Plan // as last read; zero before the transfer is opened
	Keys          []byte        // the old pod's pinned JWK set (Protocol §1.5)
	KeysDiffer    time.Time     // since when it publishes none of them; zero if it does
	Profile       ProfileChoice
	Retries       string // the move that this one completes (Protocol §5.5); else empty
	Wanted        Choice // what of what did not arrive is tried again
	Created       time.Time
	Agreed        time.Time // last, at the old pod; zero before
	Changed       time.Time
	Ended         time.Time // zero while it lives
	Claim         int64     // of the call of Run that has it; zero for all others
}

// Pin is the old pod's keys.
func (m Move) Pin() transfer.Pin {
	return transfer.Pin{Peer: m.Issuer, Keys: m.Keys, Differ: m.KeysDiffer}
}

// opened reports whether the old pod has opened a transfer under what was agreed
// last.
func (m Move) opened() bool { return m.Plan.Transfer != "" }

// working is the phase that a move is in, or goes on with.
func (m Move) working() State {
	if m.State == Waiting || m.State == NeedsAttention {
		return m.Phase
	}
	return m.State
}

// unproved is what a person reads of a move that the old pod calls finished, and
// that this one has handed it no receipt for: the old pod lies, or this one was
// restored from a backup.
const unproved = "The old pod says that the move is finished, but this pod has not told it that everything arrived. What is listed here is all that came. To begin anew, undo the move at the old pod while it can be undone."

// finished is the move as it is once the old pod says so.
func (m Move) finished() Move {
	m.Phase, m.Reason, m.Message = "", "", ""
	if m.ReceiptFor != m.Transfer {
		m.Reason, m.Message = transfer.Incomplete, unproved
	}
	return m
}

// A ProfileChoice is what happens to a profile that the account has here
// already (Protocol §3.9).
type ProfileChoice string

// The old profile replaces a filled-in one only if the person says so.
const (
	KeepProfile    ProfileChoice = "keep"
	ReplaceProfile ProfileChoice = "replace"
)

// A Job is durable work for one move. What works it calls [Mover.Run] for a
// [WorkJob] and [Mover.Farewell] for a [FarewellJob].
type Job = interface{ Kind() string }

// A WorkJob goes on with a move.
type WorkJob struct {
	Move string `json:"move"`
}

// Kind is the job's name in the queue.
func (WorkJob) Kind() string { return "move" }

// A FarewellJob tells the old pod that a move was cancelled, gives the tokens
// back and forgets them.
type FarewellJob struct {
	Move string `json:"move"`
}

// Kind is the job's name in the queue.
func (FarewellJob) Kind() string { return "move-farewell" }

// Next says when a job goes on: not at all, or after a while.
type Next struct {
	Done  bool
	After time.Duration
}
