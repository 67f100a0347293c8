package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// Where things lie below the root: finished blobs in 256 directories named by
// the first two digits of their sum, the rest here.
const (
	arriving = "arriving" // uploads whose sum is not known yet
	partial  = "partial"  // downloads that go on, named by the sum they are to have
)

// Dir is a Store in a directory of the local file system. Nothing that is kept
// can lead out of the directory: all access goes through os.Root.
type Dir struct {
	root *os.Root
	now  func() time.Time
}

var _ Store = (*Dir)(nil)

// OpenDir opens the directory at path, and makes it if it is missing.
func OpenDir(path string, now func() time.Time) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("opening the photos' directory: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the photos' directory: %w", err)
	}
	d := &Dir{root: root, now: now}
	for _, name := range []string{arriving, partial} {
		if err := root.MkdirAll(name, 0o700); err != nil {
			return nil, errors.Join(fmt.Errorf("opening the photos' directory: %w", err), root.Close())
		}
	}
	return d, nil
}

// Close lets go of the directory.
func (d *Dir) Close() error { return d.root.Close() }

// Open is Store.Open.
func (d *Dir) Open(_ context.Context, sum string) (io.ReadSeekCloser, int64, error) {
	if !validName(sum) {
		return nil, 0, ErrName
	}
	f, err := d.root.Open(place(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// Has is Store.Has.
func (d *Dir) Has(_ context.Context, sum string) (bool, error) {
	if !validName(sum) {
		return false, ErrName
	}
	_, err := d.root.Stat(place(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Delete is Store.Delete.
func (d *Dir) Delete(_ context.Context, sum string) error {
	if !validName(sum) {
		return ErrName
	}
	if err := d.root.Remove(place(sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// place is where a finished blob lies.
func place(sum string) string { return path.Join(sum[:2], sum) }

// keep finds a blob that is here already and marks it as wanted today, so that a
// sweep does not take it before the row that refers to it is written.
func (d *Dir) keep(sum string) (size int64, kept bool, err error) {
	now := d.now()
	err = d.root.Chtimes(place(sum), now, now)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	info, err := d.root.Stat(place(sum))
	if err != nil {
		return 0, false, err
	}
	return info.Size(), true, nil
}

// settle moves a whole file to the place of its sum. The bytes are on the disk
// before the name is, and the name is before settle returns.
func (d *Dir) settle(f *os.File, from, sum string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := d.root.Mkdir(sum[:2], 0o700); err == nil {
		if err := d.sync("."); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	now := d.now()
	if err := d.root.Chtimes(from, now, now); err != nil {
		return err
	}
	if err := d.root.Rename(from, place(sum)); err != nil {
		return err
	}
	return d.sync(sum[:2])
}

func (d *Dir) sync(directory string) error {
	f, err := d.root.Open(directory)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// newFile makes a file of a fresh name for an upload.
func (d *Dir) newFile() (f *os.File, name string, err error) {
	name = path.Join(arriving, rand.Text())
	f, err = d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return f, name, err
}
