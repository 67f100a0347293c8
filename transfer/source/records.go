package source

import (
	"context"
	"time"

	"podmove/transfer"
)

// A Scope is what of one account a grant lets out.
type Scope struct {
	Account     int64 // row id of the account
	Collections []transfer.Collection
	Limited     bool      // limited posts, and the photos only they use
	Since       time.Time // posts created at or after; zero is no bound (Protocol §4.4)
	Until       time.Time // posts created before; zero is no bound
	Items       string    // the transfer for which the only items were noted that are let out; empty lets out all
}

// A Change is an item as of its last change.
type Change struct {
	Seq   int64 // the account's change number
	Entry transfer.Entry
}

// A Content is where a photo's bytes are.
type Content struct {
	SHA256 transfer.Digest
	Bytes  int64
	Type   string
}

// MaxItemBytes is the largest item that travels, in bytes of canonical JSON: a
// page must hold at least one and stay below transfer.MaxPageBytes.
const MaxItemBytes = 4 << 20

// Records are the items of an account, seen through a scope.
type Records interface {
	// Mark is the account's newest change number, and the database's epoch.
	Mark(ctx context.Context, account int64) (seq int64, epoch string, err error)
	// Changes are the items whose last change lies after the number given, in
	// order, at most limit of them and about maxBytes, and at least one if
	// there is one. Deletions are listed only where their number is above
	// floor. Items the source cannot put into canonical form come as
	// unsendable, and so, as TooLarge, do those over MaxItemBytes.
	Changes(ctx context.Context, s Scope, c transfer.Collection, after, floor int64, limit, maxBytes int) (list []Change, more bool, err error)
	// Measure is the count and size of a collection, unsendable items
	// included: what Digests leaves out is told by the difference.
	Measure(ctx context.Context, s Scope, c transfer.Collection) (transfer.CollectionPlan, error)
	// Digests calls add for each sendable item in bytewise order of guid. No
	// rows are held open while add runs, as add may query in the same
	// transaction.
	Digests(ctx context.Context, s Scope, c transfer.Collection, add func(guid string, d transfer.Digest)) error
	// Content finds a photo that is in scope; transfer.NotFound if none is.
	Content(ctx context.Context, s Scope, photo string) (Content, error)
	// ChangedSince names up to limit items in scope that were changed, made or
	// deleted after the number given.
	ChangedSince(ctx context.Context, s Scope, seq int64, limit int) ([]string, error)
}
