package redirects

import (
	"cmp"
	"time"

	"podmove/transfer"
)

// A Departure is a move away from this pod, as this room has to know it: a
// transfer that has reached redirecting.
type Departure struct {
	ID          string // of the transfer
	Account     int64  // row id
	Grant       string
	Client      string // client_id of the new pod
	Nonce       string // the transfer nonce
	Destination string // the new diaspora* ID
	NoAddress   bool   // the person leaves no address (Protocol §6.3)
	LinksMayGo  bool   // the person agreed that later moves carry old links on (Protocol §6.5)
	Retries     string // the departure that this one completes (Protocol §5.5); else empty
	State       transfer.State
	Reason      transfer.Code // why erasing waits
	Waits       time.Time     // since when it does; zero if it does not
	Keys        []byte        // the new pod's pinned JWK set
	KeysDiffer  time.Time     // since when it publishes none of them; zero if it does (Protocol §1.5)
	Profile     string        // URL of the new public profile
	Templates   transfer.Templates

	Redirected time.Time // the stubs went up
	GraceEnds  time.Time
	EraseNow   time.Time // the person asked not to wait; zero if not
	Asked      time.Time // the new pod last answered what it holds; zero if never
	Ended      time.Time // erased, or undone
}

// Origin is the new pod's public URL, named by its client_id.
func (d Departure) Origin() string { return transfer.OriginOf(d.Client) }

// Pin is the new pod's keys.
func (d Departure) Pin() transfer.Pin {
	return transfer.Pin{Peer: d.Client, Keys: d.Keys, Differ: d.KeysDiffer}
}

// known refuses what a new pod says, or said, that is perhaps not the one that was
// agreed on (Protocol §1.5).
func (d Departure) known() error {
	if d.KeysDiffer.IsZero() {
		return nil
	}
	return transfer.Errorf(transfer.KeysDiffer, "the new pod has other keys than those that were agreed on")
}

// whole is the departure that this one completes (Protocol §5.5), or else itself.
func (d Departure) whole() string { return cmp.Or(d.Retries, d.ID) }

// Due is from when on the old copies may be erased.
func (d Departure) Due() time.Time {
	if !d.EraseNow.IsZero() && d.EraseNow.Before(d.GraceEnds) {
		return d.EraseNow
	}
	return d.GraceEnds
}

// A Delay is a departure whose erasing waits, as those see it who run the pod.
type Delay struct {
	Departure
	Username string
}

// A Place is where something of a moved account was and is now.
type Place struct {
	Client    string // client_id of the new pod
	Onward    string // the public URL of the pod to which old links were carried on; else empty
	NoAddress bool
	Erased    bool   // the old copy is gone
	Target    string // whole URL; of a photo with {variant}
	Profile   string // URL of the new public profile
}

// A Tally counts a departure's items of one collection by what the new pod
// last answered; those that are erased here count as that alone.
type Tally struct {
	Collection transfer.Collection
	Unasked    int64
	Held       int64
	Edited     int64
	Removed    int64
	Absent     int64
	Erased     int64
}

// An Owed is an item that is still to be erased: it has a good receipt, and is
// here as it was when it was given.
type Owed struct {
	Collection transfer.Collection
	GUID       string
	Bytes      int64 // of a photo's content
}

// Owing sums up what is still to be erased.
type Owing struct {
	Good   int64     // held, edited or removed
	Unripe int64     // of those: listed as edited or removed for too short a time
	Listed time.Time // when the newest of the unripe was
	Absent int64
}

// A Bound says which answers count: those since Fresh, and as edited or removed
// those listed since Ripe or earlier (Protocol §7.3).
type Bound struct {
	Fresh time.Time
	Ripe  time.Time
}

// An EraseJob goes on with a departure. What works it calls [Service.Run].
type EraseJob struct {
	Transfer string `json:"transfer"`
}

// Kind is the job's name in the queue.
func (EraseJob) Kind() string { return "erase" }

// A NoticeJob tells the new pod that a move was undone. What works it calls
// [Service.Tell].
type NoticeJob struct {
	Transfer string `json:"transfer"`
}

// Kind is the job's name in the queue.
func (NoticeJob) Kind() string { return "undo-notice" }

// Job is durable work for one departure.
type Job = interface{ Kind() string }

// Next says when a job goes on: not at all, or after a while.
type Next struct {
	Done  bool
	After time.Duration
}
