package source

import (
	"cmp"
	"context"
	"time"

	"podmove/transfer"
)

// A Transfer is one run of reading one account under one grant.
type Transfer struct {
	ID          string // 32 hex characters
	Account     int64  // row id of the account
	Grant       string
	Client      string // client_id; for a pod the URL of its metadata document
	Nonce       string // the client's transfer nonce (Protocol §4.3)
	Purpose     transfer.Purpose
	Collections []transfer.Collection // in the order of transfer.Collections
	Limited     bool                  // limited posts are included
	Since       time.Time             // zero is no bound (Protocol §4.4)
	Until       time.Time
	Destination string // the new diaspora* ID
	NoAddress   bool   // the person leaves no address (Protocol §6.3)
	LinksMayGo  bool   // later moves may carry old links on (Protocol §6.5)
	Retries     string // the transfer that this one completes, of which it carries what did not arrive (Protocol §5.5); else empty
	State       transfer.State
	Plan        transfer.Plan // as announced at opening
	Keys        []byte        // the destination's pinned JWK set (Protocol §1.5)
	KeysDiffer  time.Time     // since when it publishes none of them; zero if it does

	AsOf      int64  // the change number that manifest and receipt agree on
	Receipt   string // the signed receipt, as it came
	Profile   string // URL of the new public profile
	Templates transfer.Templates
	Leftover  int64         // items that did not arrive
	Reason    transfer.Code // why it ended, if not well

	Froze []time.Time   // when its latest freezes began, the last one last
	Thaws time.Time     // when the freeze ends by itself, if nobody uses it any more
	Stood time.Duration // for which the account stood still, freezes that are over

	Created    time.Time
	Used       time.Time // last asked for anything, to the minute
	Accepted   time.Time // the person accepted what did not arrive
	Redirected time.Time // the stubs went up
	GraceEnds  time.Time
	Ended      time.Time
}

// Scope is what of the account the transfer lets out.
func (t Transfer) Scope() Scope {
	s := Scope{Account: t.Account, Collections: t.Collections, Limited: t.Limited, Since: t.Since, Until: t.Until}
	if t.Retries != "" {
		s.Items = t.ID
	}
	return s
}

// Origin is the destination pod's public URL, named by its client_id.
func (t Transfer) Origin() string { return transfer.OriginOf(t.Client) }

// audience is whom signed messages to the client are for (Protocol §1.4): one
// without a host goes by its client_id.
func (t Transfer) audience() string { return cmp.Or(t.Origin(), t.Client) }

// Pin is the destination's keys.
func (t Transfer) Pin() transfer.Pin {
	return transfer.Pin{Peer: t.Client, Keys: t.Keys, Differ: t.KeysDiffer}
}

// An Account is what this room has to know of one.
type Account struct {
	ID    int64
	GUID  string // person GUID, the OIDC subject
	Admin bool
	Moved bool // away from here
}

// Transfers keeps transfers, their nonces and their receipts. What is not there
// is an error of code transfer.NotFound.
type Transfers interface {
	// InTx runs fn in one transaction, which travels in the context.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// Departing finds the account of a person GUID.
	Departing(ctx context.Context, guid string) (Account, error)
	// LockAccount holds the account's lock until the transaction ends: no
	// change number is given out meanwhile (Protocol §4.1).
	LockAccount(ctx context.Context, account int64) error

	AddTransfer(ctx context.Context, t Transfer) error
	// AddItems notes which items a transfer carries that completes another: what
	// that one left of its collections as failed, and no other has brought since;
	// of a collection of which items are named, only those. It answers how many.
	AddItems(ctx context.Context, t Transfer, items []transfer.ItemName) (int64, error)
	// SaveTransfer stores what changes after opening: state, and everything
	// from AsOf to Ended but Created and Used. An account is frozen, and nothing
	// but the deletion of a post takes a change number, while one of its
	// transfers is in that state and has not reached Thaws (Protocol §5.1).
	SaveTransfer(ctx context.Context, t Transfer) error
	Transfer(ctx context.Context, id string) (Transfer, error)
	// Revoked reports whether a grant was revoked.
	Revoked(ctx context.Context, grant string) (bool, error)
	// TransferOf finds the transfer that a grant opened with a nonce.
	TransferOf(ctx context.Context, grant, nonce string) (Transfer, error)
	// TransfersOf lists an account's transfers, newest first.
	TransfersOf(ctx context.Context, account int64) ([]Transfer, error)
	// IdleTransfers names up to limit transfers that pages may still be read
	// from and that were last used before the moment given.
	IdleTransfers(ctx context.Context, before time.Time, limit int) ([]string, error)
	// TouchTransfer notes that the transfer was used.
	TouchTransfer(ctx context.Context, id string, at time.Time) error
	// ProlongFreeze puts off the end of a freeze that is on.
	ProlongFreeze(ctx context.Context, id string, until time.Time) error
	// Thawing names up to limit transfers whose freeze was to end before the
	// moment given.
	Thawing(ctx context.Context, before time.Time, limit int) ([]string, error)

	// TakeNonce remembers the SHA-256 of a request nonce in lower-case hex;
	// transfer.NonceReplayed if this transfer has seen it.
	TakeNonce(ctx context.Context, id string, sum transfer.Digest) error
	// CountRead adds to the number of entries read of a collection.
	CountRead(ctx context.Context, id string, c transfer.Collection, entries int) error
	// Progress counts, per collection, entries read and items with a receipt.
	Progress(ctx context.Context, id string) (map[transfer.Collection]Progress, error)

	// SaveReceipts stores outcomes, replacing earlier ones of the same items.
	SaveReceipts(ctx context.Context, id string, list []transfer.Outcome) error
	// Receipts lists a collection's outcomes in bytewise order of guid, from
	// after the guid given, at most limit.
	Receipts(ctx context.Context, id string, c transfer.Collection, after string, limit int) ([]transfer.Outcome, error)
	// Leftovers lists outcomes of items that did not arrive, nor with a transfer
	// that completed this one, in bytewise order of collection and guid, from
	// after the item given, at most limit.
	Leftovers(ctx context.Context, id string, after transfer.Outcome, limit int) ([]transfer.Outcome, error)
}

// Progress is how far one collection has come.
type Progress struct {
	Read     int64 // entries paged, a later change of the same item counted again
	Received int64 // items with a receipt
}
