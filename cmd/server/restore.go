package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"podmove/internal/audit"
	"podmove/internal/backup"
	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/store"
)

type restoreCommand struct {
	storage
	Dir string `arg:"" help:"The directory of the backup."`
}

// Run restores into an empty database and data directory. All that can be
// refused is refused before anything is written.
func (c restoreCommand) Run(ctx context.Context, s surroundings) error {
	b, err := backup.Open(c.Dir)
	if err != nil {
		return c.untouched(err)
	}
	defer b.Close()
	begun := unfinished(c.Data)
	loaded, err := c.loaded(ctx)
	switch {
	case err != nil:
		return c.untouched(err)
	case loaded && !begun:
		return c.untouched(fmt.Errorf("there is a pod in this database already. A backup is restored into an empty database and a data directory without one; move the old ones out of the way"))
	case !loaded:
		if err := c.check(ctx, b); err != nil {
			return c.untouched(err)
		}
		if err := c.fill(ctx, b); err != nil {
			return fmt.Errorf("%w\nThe pod is not restored, and does not start; run the same command again", err)
		}
	}
	if err := c.finish(ctx, b); err != nil {
		return fmt.Errorf("%w\nThe pod does not start yet; run the same command again", err)
	}
	fmt.Fprintf(s.out, "restored %s as of %s: %s, and %d photos\n", b.Pod, b.Made.Format(time.RFC3339), rowsIn(b.Manifest), b.Photos.Count)
	fmt.Fprintln(s.out, "Moves that other pods are making from here read everything from the beginning. Everybody has to sign in again. See docs/podmin.md for what was done since the backup.")
	return nil
}

func (c restoreCommand) untouched(err error) error {
	if errors.Is(err, backup.ErrDamaged) || errors.Is(err, backup.ErrNone) {
		err = fmt.Errorf("%s: %w", c.Dir, err)
	}
	return fmt.Errorf("%w\nNothing was restored, and nothing was changed", err)
}

// loaded says whether the database holds a pod. It makes none.
func (c restoreCommand) loaded(ctx context.Context) (bool, error) {
	db, err := store.Open(ctx, store.Options{DSN: c.Database, Dir: c.Data, Schema: store.AsItIs})
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer db.Close()
	empty, err := db.Empty(ctx)
	return !empty, err
}

// check reads the whole backup, and tries the master key on what it must open.
func (c restoreCommand) check(ctx context.Context, b *backup.Backup) error {
	if newest := store.NewestSchema(); b.Schema > newest {
		return fmt.Errorf("the backup was made by %s, and its schema %d is newer than this program's %d; restore it with that program or a newer one", b.Program, b.Schema, newest)
	}
	if err := b.Verify(ctx); err != nil {
		return err
	}
	master, err := c.masterFor(b)
	if err != nil {
		return err
	}
	rows, err := b.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	list, err := store.DumpedKeys(rows)
	if err != nil {
		return err
	}
	for _, k := range list {
		if _, err := (vault{box: master.Box()}).unseal(k); err != nil {
			return fmt.Errorf("the master key in %s is not that of this backup: %w", c.master(), err)
		}
	}
	return nil
}

// masterFor is the master key that the pod will have: that of the data
// directory, or of the backup.
func (c restoreCommand) masterFor(b *backup.Backup) (keys.Master, error) {
	if _, err := os.Stat(c.master()); err == nil {
		return keys.LoadOrCreateMaster(c.master())
	}
	raw, err := b.MasterKey()
	if errors.Is(err, fs.ErrNotExist) {
		return keys.Master{}, fmt.Errorf("the master key is neither in %s nor in the backup. Put the pod's own there first: without it nothing that the pod has sealed can be opened", c.master())
	}
	if err != nil {
		return keys.Master{}, err
	}
	return keys.ParseMaster(raw)
}

// fill brings photos, key and rows. Until finish a mark in the data directory
// keeps a pod from starting on half of it.
func (c restoreCommand) fill(ctx context.Context, b *backup.Backup) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	if err := durable(mark(c.Data), []byte("podmove restore has not finished; run it again\n")); err != nil {
		return err
	}
	photos, err := blob.OpenDir(c.blobs(), time.Now)
	if err != nil {
		return err
	}
	defer photos.Close()
	if err := b.CopyPhotos(ctx, photos); err != nil {
		return err
	}
	if raw, err := b.MasterKey(); err == nil {
		if _, err := os.Stat(c.master()); errors.Is(err, fs.ErrNotExist) {
			if err := durable(c.master(), raw); err != nil {
				return err
			}
		}
	}
	return c.load(ctx, b)
}

// load brings the rows into the schema that they had, with a new epoch.
func (c restoreCommand) load(ctx context.Context, b *backup.Backup) error {
	db, err := store.Open(ctx, store.Options{DSN: c.Database, Dir: c.Data, Schema: b.Schema})
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Load(ctx, rand.Text(), func() (io.ReadCloser, error) { return b.Rows() })
	if err == nil && !maps.Equal(rows, b.Manifest.Rows) {
		err = fmt.Errorf("%s holds %v and not %v", b.Database.Name, rows, b.Manifest.Rows)
	}
	return err
}

// finish brings the schema up to date, writes down what was done, and lets the
// pod start.
func (c restoreCommand) finish(ctx context.Context, b *backup.Backup) error {
	db, err := store.Open(ctx, store.Options{DSN: c.Database, Dir: c.Data})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Audit(audit.By(ctx, audit.Podmin), audit.Record{
		Kind: audit.PodRestored, Detail: map[string]any{"made": b.Made.Format(time.RFC3339)},
	}); err != nil {
		return err
	}
	return errors.Join(os.Remove(mark(c.Data)), syncDir(c.Data))
}

// mark is the file that is there while a restore is not finished.
func mark(data string) string { return filepath.Join(data, "restore-unfinished") }

func unfinished(data string) bool {
	_, err := os.Stat(mark(data))
	return err == nil
}

// refuseHalf refuses to work on what a restore has not finished.
func refuseHalf(data string) error {
	if unfinished(data) {
		return fmt.Errorf("a restore into %s was broken off; run podmove restore again", data)
	}
	return nil
}

// durable writes a file down to the disk.
func durable(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(content))
	return errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(name)))
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
