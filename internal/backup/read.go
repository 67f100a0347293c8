package backup

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"podmove/internal/blob"
)

// A Backup is one that can be read. Nothing in its directory is changed.
type Backup struct {
	Manifest
	root *os.Root
}

// Open reads the manifest of a directory.
func Open(dir string) (*Backup, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	m, err := readManifest(root)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Backup{m, root}, nil
}

// Close lets go of the directory.
func (b *Backup) Close() error { return b.root.Close() }

// Verify reads the whole backup, and names the first file that is not what it
// should be.
func (b *Backup) Verify(ctx context.Context) error {
	for _, f := range b.files() {
		if err := b.verify(ctx, f.Name, f.SHA256, f.Bytes); err != nil {
			return err
		}
	}
	n := int64(0)
	err := b.each(func(sum string) error {
		n++
		if b.lost(sum) {
			return nil
		}
		return b.verify(ctx, place(sum), sum, -1)
	})
	if err == nil && n != b.Photos.Count {
		err = damaged(b.Photos.Name)
	}
	return err
}

func (b *Backup) verify(ctx context.Context, name, sum string, size int64) error {
	f, err := b.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return damaged(name)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	got, n, err := hashed(ctx, f)
	if err == nil && (got != sum || (size >= 0 && n != size)) {
		err = damaged(name)
	}
	return err
}

// each gives the sums of the photos' bytes, in order.
func (b *Backup) each(see func(sum string) error) error {
	f, err := b.root.Open(b.Photos.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	for l := readList(b.Photos.Name, f); ; {
		more, err := l.next()
		if err != nil || !more {
			return err
		}
		if err := see(l.at); err != nil {
			return err
		}
	}
}

// Rows opens what was written down of the database.
func (b *Backup) Rows() (io.ReadCloser, error) {
	f, err := b.root.Open(b.Database.Name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return unpacked{z, f}, nil
}

type unpacked struct {
	*gzip.Reader
	file *os.File
}

// Close closes both.
func (u unpacked) Close() error { return errors.Join(u.Reader.Close(), u.file.Close()) }

// MasterKey is the file of the master key as it was, if it is in the backup.
func (b *Backup) MasterKey() ([]byte, error) {
	if b.Master == nil {
		return nil, fs.ErrNotExist
	}
	return b.root.ReadFile(masterName)
}

// CopyPhotos brings the photos' bytes to where a pod keeps them.
func (b *Backup) CopyPhotos(ctx context.Context, to blob.Store) error {
	return b.each(func(sum string) error {
		if b.lost(sum) {
			return nil
		}
		err := bring(ctx, to, shelf{b.root}, sum)
		if errors.Is(err, blob.ErrMismatch) || errors.Is(err, blob.ErrNotFound) {
			return damaged(place(sum))
		}
		return err
	})
}

// A shelf is the photos of a backup, of which bring only opens some.
type shelf struct{ root *os.Root }

func (s shelf) Open(_ context.Context, sum string) (io.ReadSeekCloser, int64, error) {
	f, err := s.root.Open(place(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, blob.ErrNotFound
	}
	return f, 0, err
}
