package redirects

import (
	"context"
	"io"
	"time"

	"podmove/transfer"
)

// Book keeps departures, stubs and holdings. What is not there is an error of
// code transfer.NotFound.
type Book interface {
	// InTx runs fn in one transaction, which travels in the context.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// LockAccount holds the account's lock until the transaction ends
	// (Protocol §4.1).
	LockAccount(ctx context.Context, account int64) error

	// Departure finds a transfer of purpose move, whatever its state.
	Departure(ctx context.Context, id string) (Departure, error)
	// SaveDeparture stores State, Reason, Waits, GraceEnds, EraseNow and Ended.
	SaveDeparture(ctx context.Context, d Departure) error
	// Departures names those that are redirecting or erasing.
	Departures(ctx context.Context) ([]string, error)
	// SetMoved marks the account as moved to where the departure says, or, if
	// it leaves no address, nowhere.
	SetMoved(ctx context.Context, d Departure) error
	// SetActive takes SetMoved back, and leaves an account that has not moved.
	SetActive(ctx context.Context, account int64) error
	// Active reports whether an account is in use here, and has not moved.
	Active(ctx context.Context, account int64) (bool, error)

	// DeparturesOf are an account's, oldest first, but for those that were undone.
	// Those that complete one come after it.
	DeparturesOf(ctx context.Context, account int64) ([]Departure, error)
	// GoAgain takes back that items of the departure have come home, of those
	// that were here all the while: their stubs lead away again.
	GoAgain(ctx context.Context, d Departure) error

	// RaiseStubs makes a stub for each post and photo that has a good receipt
	// for what it is now (Protocol §5.3). Only those of what is public now are
	// ever found (§6.1); the others keep a name from being used again (§6.4).
	RaiseStubs(ctx context.Context, d Departure) error
	// EachTarget calls see with every target of the departure's stubs.
	EachTarget(ctx context.Context, id string, see func(target string) error) error
	// DropStubs takes all stubs of the departure down.
	DropStubs(ctx context.Context, id string) error
	// Find is the place of what an old address names: of a stub that has not
	// lost its item otherwise than by erasing, or of an account that moved.
	Find(ctx context.Context, a Address) (Place, bool, error)

	// Stale lists items still to be erased whose last answer is older than
	// before, and absent ones whose last answer is older than absent; of one
	// collection, at most limit, in the order of the collections.
	Stale(ctx context.Context, d Departure, before, absent time.Time, limit int) ([]Owed, error)
	// Items calls see with the canonical bytes of those of an account's items
	// that are there. Content is a photo's.
	Items(ctx context.Context, account int64, c transfer.Collection, guids []string, see func(guid string, item []byte, content transfer.Digest) error) error
	// Answered stores what the new pod answered, at a time.
	Answered(ctx context.Context, d Departure, at time.Time, list []transfer.Holding) error
	// Owing sums up what is still to be erased.
	Owing(ctx context.Context, d Departure, b Bound) (Owing, error)
	// Tallies count the departure's items by collection.
	Tallies(ctx context.Context, id string) ([]Tally, error)
	// Left is how many items of the departure stay here since they did not
	// arrive, nor with one that completed it.
	Left(ctx context.Context, d Departure) (int64, error)
	// Listed names up to limit of the departure's items that are not erased and
	// that the new pod last answered to be edited, removed or absent, in the
	// order of collection and guid.
	Listed(ctx context.Context, id string, limit int) ([]transfer.Holding, error)
	// Erase removes up to limit items that are confirmed within the bound, for
	// good: without tombstones and change numbers (Protocol §4.1). Posts go
	// before photos, a photo that a post here uses stays (§7.6), and what is
	// neither goes with the last of both (§5.3). It answers how many went.
	Erase(ctx context.Context, d Departure, b Bound, limit int) (int, error)

	// Onward is where the account went on to from where the departure led.
	Onward(ctx context.Context, id string) (Onward, bool, error)
	SaveOnward(ctx context.Context, o Onward) error
	// ForgetOnward has all stubs of the departure lead where they led at first.
	ForgetOnward(ctx context.Context, id string) error
	// AimStubs notes where items of the departure are now. Stubs lead there once
	// the person has agreed.
	AimStubs(ctx context.Context, id string, items []transfer.Onward) error

	// Live says which of the items that the transfer gave are here, with their
	// digests, but for those that another has given away since. Of one that was
	// cancelled or expired, which may have no receipt of what it gave, it names
	// what it may have given and has the digest asked about (Protocol §7.2).
	Live(ctx context.Context, d Departure, items []transfer.LiveItem) ([]transfer.LiveItem, error)
	// TakeMessage remembers a message; transfer.MessageReplayed if it is known.
	TakeMessage(ctx context.Context, issuer, id string, expires time.Time) error
	// HasEvent says whether the person was told something of a kind.
	HasEvent(ctx context.Context, account int64, subject, kind string) (bool, error)
}

// Blobs hold the bytes of photos.
type Blobs interface {
	Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error)
}
