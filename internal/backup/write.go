package backup

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"podmove/internal/blob"
)

// A Pod is what is backed up.
type Pod struct {
	// Dump writes down the rows as of one moment, and names the sum and size of
	// each photo's bytes, in order. It fills in what the manifest says of them.
	Dump    func(ctx context.Context, rows io.Writer, photo func(sum string, size int64) error, m *Manifest) error
	Photos  blob.Store
	Master  string // file of the master key; empty leaves it out
	Program string // this one, with its version
	Lossy   bool   // goes on without bytes that the pod has lost
	Now     func() time.Time
}

// LostError names photos' bytes that rows name and that are not there, or not
// as their name says.
type LostError struct{ Sums []string }

func (e LostError) Error() string {
	return fmt.Sprintf("the pod itself has lost the bytes of %d photos, the first of which is %s", len(e.Sums), e.Sums[0])
}

// snapshots is how often a backup begins again because photos were deleted while
// it was copying them. What was copied is kept, so that each is quicker.
const snapshots = 5

// maxLost bounds how many lost photos a manifest names. Who has lost more has a
// disk that is not there, and no backup goes without that.
const maxLost = 10_000

// Write makes a backup in a directory that is empty, or holds an earlier backup
// of which it then keeps the photos' bytes that it needs.
func Write(ctx context.Context, dir string, p Pod) (Manifest, error) {
	w := &writer{pod: p}
	defer w.close()
	if err := w.open(dir); err != nil {
		return Manifest{}, err
	}
	if err := w.gather(ctx); err != nil {
		return w.m, errors.Join(err, w.clear(w.before))
	}
	if err := w.m.write(w.root); err != nil {
		return w.m, err
	}
	return w.m, errors.Join(w.clear(w.m), w.sweep(ctx))
}

// A writer writes one backup.
type writer struct {
	pod    Pod
	root   *os.Root
	lock   *os.File
	photos *blob.Dir
	before Manifest // of the backup that was there
	m      Manifest
}

const lockName = "podmove-backup.lock"

func (w *writer) open(dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if w.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	if err := w.claim(dir); err != nil {
		return err
	}
	if w.before, err = readManifest(w.root); err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	w.photos, err = blob.OpenDir(filepath.Join(dir, photosName), w.pod.Now)
	return err
}

// claim takes the directory, if it is empty or was claimed for a backup before.
func (w *writer) claim(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	claimed := len(entries) == 0
	for _, e := range entries {
		claimed = claimed || e.Name() == lockName
	}
	if !claimed {
		return ErrOther
	}
	if w.lock, err = w.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	err = blob.Lock(w.lock)
	switch {
	case errors.Is(err, blob.ErrLocked):
		return ErrBusy
	case errors.Is(err, errors.ErrUnsupported): // two at once are the podmin's to avoid
		return nil
	}
	return err
}

func (w *writer) close() {
	if w.photos != nil {
		_ = w.photos.Close()
	}
	if w.lock != nil {
		_ = w.lock.Close() // and with it the lock
	}
	if w.root != nil {
		_ = w.root.Close()
	}
}

// gather brings all but the manifest. Photos that are gone when it comes to copy
// them were deleted since the rows were written down, so that it begins again
// from newer rows; or else they are lost.
func (w *writer) gather(ctx context.Context) error {
	for range snapshots {
		if err := w.rows(ctx); err != nil {
			return err
		}
		missing := w.m.Photos.Lost
		lost, err := w.copyPhotos(ctx)
		if err != nil {
			return err
		}
		if w.m.Photos.Lost = lost; len(lost) == 0 {
			return w.master()
		}
		if len(missing) > 0 && missing[0] == lost[0] && len(missing) == len(lost) {
			break // newer rows name them, too
		}
	}
	if !w.pod.Lossy || len(w.m.Photos.Lost) > maxLost {
		return LostError{w.m.Photos.Lost}
	}
	return w.master()
}

// rows writes down the database, and the list of photos.
func (w *writer) rows(ctx context.Context) error {
	lost := w.m.Photos.Lost
	if err := w.clear(w.before); err != nil {
		return err
	}
	id := rand.Text()
	w.m = Manifest{Format: format, Program: w.pod.Program, Made: w.pod.Now().UTC().Truncate(time.Second)}
	var photos Photos
	names, err := writeFile(w.root, "photos-"+id+".sha256", func(list io.Writer) error {
		var err error
		w.m.Database, err = writeFile(w.root, "database-"+id+".jsonl.gz", func(rows io.Writer) error {
			return pack(rows, func(rows io.Writer) error {
				return w.pod.Dump(ctx, rows, func(sum string, size int64) error {
					photos.Count++
					photos.Content += size
					return writeLine(list, sum)
				}, &w.m)
			})
		})
		return err
	})
	photos.File, photos.Lost = names, lost
	w.m.Photos = photos
	return err
}

// pack compresses; better would take longer than the database does.
func pack(w io.Writer, fill func(io.Writer) error) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	return errors.Join(fill(z), z.Close())
}

func (w *writer) master() error {
	if w.pod.Master == "" {
		return nil
	}
	raw, err := os.ReadFile(w.pod.Master)
	if err != nil {
		return err
	}
	f, err := writeFile(w.root, masterName, func(to io.Writer) error {
		_, err := to.Write(raw)
		return err
	})
	w.m.Master = &f
	return err
}

// clear removes the files that a manifest does not name: those of an older
// backup, or of one that was broken off.
func (w *writer) clear(m Manifest) error {
	keep := map[string]bool{}
	for _, f := range m.files() {
		keep[f.Name] = true
	}
	d, err := w.root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if (ours.MatchString(name) && !keep[name]) || name == manifestName+".next" {
			if err := w.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}
