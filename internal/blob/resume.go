package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
)

// Resume is Store.Resume.
func (d *Dir) Resume(ctx context.Context, want string, size int64, fetch Fetch) error {
	if !validName(want) {
		return ErrName
	}
	for {
		if _, kept, err := d.keep(want); kept || err != nil {
			return err
		}
		p, err := d.claim(want)
		switch {
		case errors.Is(err, ErrLocked), errors.Is(err, errors.ErrUnsupported):
			// Another worker is at it, or may be. Both are right, and the second
			// to finish changes nothing.
			return d.fetchWhole(ctx, want, size, fetch)
		case errors.Is(err, errMoved):
			continue // another worker finished between our two looks
		case err != nil:
			return fmt.Errorf("going on with a download: %w", err)
		}
		return errors.Join(p.complete(ctx, size, fetch), p.file.Close())
	}
}

func (d *Dir) fetchWhole(ctx context.Context, want string, size int64, fetch Fetch) error {
	body, err := fetch(0)
	if err != nil {
		return err
	}
	_, _, err = d.Put(ctx, body, want, size)
	return errors.Join(err, body.Close())
}

// download is a partial file that this worker alone may write.
type download struct {
	dir  *Dir
	file *os.File
	name string
	want string
}

var (
	// ErrLocked means that another process, or another part of this one, has a file.
	ErrLocked = errors.New("another worker has this file")
	errMoved  = errors.New("this download was finished meanwhile")
)

// claim opens the partial file and locks it. The lock goes with the process, so
// a download that was killed can be claimed at once.
func (d *Dir) claim(want string) (*download, error) {
	name := path.Join(partial, want)
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := Lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	ours, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Between opening and locking the last holder may have moved the file.
	if named, err := d.root.Stat(name); err != nil || !os.SameFile(ours, named) {
		return nil, errors.Join(errMoved, f.Close())
	}
	return &download{dir: d, file: f, name: name, want: want}, nil
}

// complete fetches what is missing, checks the whole and settles it. Whole bytes
// that are wrong are fetched once more from the start.
func (p *download) complete(ctx context.Context, size int64, fetch Fetch) error {
	had, err := p.attempt(ctx, size, fetch)
	if wrong(err) && had > 0 {
		if err := p.file.Truncate(0); err != nil {
			return err
		}
		_, err = p.attempt(ctx, size, fetch)
	}
	if wrong(err) {
		return errors.Join(err, p.dir.root.Remove(p.name))
	}
	if err != nil {
		return err
	}
	return p.dir.settle(p.file, p.name, p.want)
}

func wrong(err error) bool {
	return errors.Is(err, ErrMismatch) || errors.Is(err, ErrTooLarge)
}

// attempt goes on behind the had bytes that are there.
func (p *download) attempt(ctx context.Context, size int64, fetch Fetch) (had int64, err error) {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	sum := sha256.New()
	had, err = io.Copy(sum, contextReader{ctx, p.file})
	if err != nil {
		return had, err
	}
	if had > size {
		return had, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, size)
	}
	if had < size || size == 0 {
		if err := p.append(ctx, sum, had, size, fetch); err != nil {
			return had, err
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != p.want {
		return had, fmt.Errorf("%w: %s came instead of %s", ErrMismatch, got, p.want)
	}
	return had, nil
}

func (p *download) append(ctx context.Context, sum hash.Hash, had, size int64, fetch Fetch) error {
	body, err := fetch(had)
	if err != nil {
		return err
	}
	n, err := copyBounded(ctx, io.MultiWriter(p.file, sum), body, size-had)
	if err == nil && had+n < size {
		err = fmt.Errorf("%d of %d bytes came: %w", had+n, size, io.ErrUnexpectedEOF)
	}
	return errors.Join(err, body.Close())
}
