package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Put is Store.Put.
func (d *Dir) Put(ctx context.Context, r io.Reader, want string, max int64) (string, int64, error) {
	if want != "" {
		if !validName(want) {
			return "", 0, ErrName
		}
		if size, kept, err := d.keep(want); kept || err != nil {
			return want, size, err
		}
	}
	f, name, err := d.newFile()
	if err != nil {
		return "", 0, fmt.Errorf("storing bytes: %w", err)
	}
	sum, size, err := d.fill(ctx, f, name, r, want, max)
	if err != nil {
		// The file has gone to its place, or else it goes away.
		return "", 0, errors.Join(err, f.Close(), d.root.Remove(name))
	}
	return sum, size, f.Close()
}

// fill writes r to the file and moves the file to the place of its sum.
func (d *Dir) fill(ctx context.Context, f *os.File, name string, r io.Reader, want string, max int64) (string, int64, error) {
	hash := sha256.New()
	size, err := copyBounded(ctx, io.MultiWriter(f, hash), r, max)
	if err != nil {
		return "", 0, err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if want != "" && sum != want {
		return "", 0, fmt.Errorf("%w: %s came instead of %s", ErrMismatch, sum, want)
	}
	if _, kept, err := d.keep(sum); kept || err != nil {
		return sum, size, errors.Join(err, d.root.Remove(name))
	}
	return sum, size, d.settle(f, name, sum)
}

// copyBounded copies until the end, the bound, or the end of the context.
func copyBounded(ctx context.Context, w io.Writer, r io.Reader, max int64) (int64, error) {
	n, err := io.Copy(w, io.LimitReader(contextReader{ctx, r}, max))
	if err != nil || n < max {
		return n, err
	}
	// All that is allowed has come; one byte more is one too many.
	var one [1]byte
	switch _, err := io.ReadFull(contextReader{ctx, r}, one[:]); {
	case err == nil:
		return n, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, max)
	case errors.Is(err, io.EOF):
		return n, nil
	default:
		return n, err
	}
}

// Within is a reader that stops when its context ends.
func Within(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
