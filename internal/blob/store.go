package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// What can go wrong with a blob. Match them with errors.Is.
var (
	// ErrNotFound: no blob of that name is kept here.
	ErrNotFound = fmt.Errorf("there is no such blob: %w", fs.ErrNotExist)
	// ErrMismatch: the bytes that came are not the ones that were asked for.
	ErrMismatch = errors.New("these bytes are not the ones that were announced")
	// ErrTooLarge: more bytes came than were allowed.
	ErrTooLarge = errors.New("these bytes are more than allowed")
	// ErrName: a blob is named by 64 lower-case hexadecimal digits.
	ErrName = errors.New("this is not the name of a blob")
)

// Store keeps blobs. A blob's name, its sum, is the lower-case hexadecimal
// SHA-256 of its bytes. Every method may be called from several goroutines and
// several processes at once.
type Store interface {
	// Put keeps what r holds and answers its sum and size in bytes. If want is
	// not empty the bytes must have that sum, else ErrMismatch; more than max
	// bytes are ErrTooLarge. After an error nothing is kept. Bytes that are
	// kept already are not stored twice, nor read when want names them.
	Put(ctx context.Context, r io.Reader, want string, max int64) (sum string, size int64, err error)

	// Resume brings the blob want, which is size bytes long, from afar. When a
	// connection breaks, what came is kept, and the next call goes on behind it.
	// If the whole does not have the sum it was to have, it is fetched once more
	// from the start; then ErrMismatch or ErrTooLarge, and nothing is kept. A
	// body that ends early is io.ErrUnexpectedEOF. A blob that is kept already
	// is not fetched.
	Resume(ctx context.Context, want string, size int64, fetch Fetch) error

	// Open gives the bytes to read and their number, or ErrNotFound.
	Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error)

	// Has says whether the blob is kept here.
	Has(ctx context.Context, sum string) (bool, error)

	// Delete forgets the blob; one that is not there is no error.
	Delete(ctx context.Context, sum string) error

	// Drop deletes one blob that is not used, unless somebody asks for the same
	// bytes meanwhile, or did so a moment ago, and says whether it went.
	Drop(ctx context.Context, sum string, used func(ctx context.Context, sum string) (bool, error)) (bool, error)

	// Sweep deletes each blob that was neither put nor asked to be put since
	// before and that is not used, and every unfinished download as old. It
	// answers how many blobs went. Bytes are stored ahead of the row that
	// refers to them, so before must lie further back than that takes: a day.
	Sweep(ctx context.Context, before time.Time, used func(ctx context.Context, sum string) (bool, error)) (int, error)
}

// Fetch opens the bytes of a blob from an offset on. It must fail, rather than
// begin at another offset than it was asked for.
type Fetch func(from int64) (io.ReadCloser, error)

// validName says whether a sum is one, so that nothing else becomes a path.
func validName(sum string) bool {
	if len(sum) != 64 {
		return false
	}
	for _, c := range []byte(sum) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
