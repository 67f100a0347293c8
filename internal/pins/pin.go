package pins

import (
	"context"
	"time"

	"podmove/transfer"
)

// A Kind says what a pin stands with.
type Kind string

// The source pins the keys of a grant's client, the destination those of a
// move's issuer.
const (
	Grant Kind = "grant"
	Move  Kind = "move"
)

// A Pin is a key set that something is pinned to.
type Pin struct {
	transfer.Pin
	Kind    Kind
	ID      string // of the grant or move
	Account int64  // row id of whose it is
	Subject string // the transfer or move that the person sees; empty if there is none yet
}

// A Peer is what another pod published.
type Peer struct {
	Keys  []byte    // as last read; nil if never
	Tried time.Time // when it was last asked
	Read  time.Time // when it last answered
}

// A Bound says which pins are needed: those of what is under way, and of what
// ended since.
type Bound struct {
	Grants time.Time // made later
	Undone time.Time // transfers that were undone later: the peer may not have heard
	Moves  time.Time // that ended later: their source may ask for as long as its grace lasts
}

// A Book keeps pins and peers.
type Book interface {
	// InTx runs fn in one transaction, which travels in the context.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// AskPeer notes that a peer is asked at now, unless it was asked after
	// before: then it answers false.
	AskPeer(ctx context.Context, peer string, now, before time.Time) (bool, error)
	// PeerOf is what is known of a peer; the zero Peer if nothing is.
	PeerOf(ctx context.Context, peer string) (Peer, error)
	// SavePeer stores what a peer published.
	SavePeer(ctx context.Context, peer string, keys []byte, at time.Time) error
	// PinsTo lists what is pinned to a peer.
	PinsTo(ctx context.Context, peer string, b Bound) ([]Pin, error)
	// SavePin stores Keys and Differ if the keys are still those given.
	SavePin(ctx context.Context, p Pin, was []byte) error
	// StalePeers names up to limit peers that something is pinned to, that were
	// not asked since hourly, and not read since weekly or not since a pin of
	// theirs differed.
	StalePeers(ctx context.Context, b Bound, weekly, hourly time.Time, limit int) ([]string, error)
	// DropPeers forgets peers that nothing is pinned to.
	DropPeers(ctx context.Context, b Bound) error
	// PinOf finds the pin of an account's transfer; transfer.NotFound if there
	// is none.
	PinOf(ctx context.Context, account int64, id string) (Pin, error)
}
