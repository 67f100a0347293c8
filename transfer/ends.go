package transfer

import (
	"context"
	"io"
)

// A Reader is one account that its holder may already read: no method takes an
// account, so asking for someone else's data cannot be written down.
// transfertest.Reader is what every implementation must pass.
type Reader interface {
	// Plan tells what to expect.
	Plan(ctx context.Context) (Plan, error)
	// Page is what lies after the cursor, at most limit entries.
	Page(ctx context.Context, c Collection, after Cursor, limit int) (Page, error)
	// Content is a photo's bytes from an offset on. The caller closes it.
	Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error)
	// Manifest is what was given, as of now.
	Manifest(ctx context.Context) (Manifest, error)
}

// A Writer is one account that is being filled from one source account.
// transfertest.Writer is what every implementation must pass.
type Writer interface {
	// Progress is the cursor stored with the last page written.
	Progress(ctx context.Context, c Collection) (Cursor, error)
	// Write stores a page's items, their outcomes and the cursor after them in
	// one transaction, if the stored cursor is still p.After; else it stores
	// nothing and returns ErrOvertaken. Every entry has one outcome, that of a
	// deletion of what never came is removed.
	Write(ctx context.Context, p Page) ([]Outcome, error)
	// Keep stores a photo's bytes, fetched from the offset it asks for,
	// unless it has them. It is idempotent, hashes, and reads at most size.
	Keep(ctx context.Context, want Digest, size int64, fetch func(from int64) (io.ReadCloser, error)) error
	// Tally sums up, per collection, what came and what of it arrived.
	Tally(ctx context.Context) (came, arrived []Tally, err error)
}

// ErrOvertaken is Write's answer when another runner of the same copy has
// stored a page in between: the loser stops, nothing is stored twice.
var ErrOvertaken = Errorf(TransferActive, "another run of this copy is ahead")
