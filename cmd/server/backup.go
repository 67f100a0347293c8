package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"podmove/internal/backup"
	"podmove/internal/blob"
	"podmove/internal/store"
)

type backupCommand struct {
	storage
	Dir       string `arg:"" help:"Where to: an empty or new directory, or one with an earlier backup, of which the photos need not be copied again."`
	MasterKey bool   `name:"with-master-key" help:"Puts the master key into the backup, too. Whoever has both can read the tokens and keys in it."`
	Lossy     bool   `name:"without-lost-photos" help:"Goes on without photos whose bytes the pod itself has lost."`
}

// Run makes the backup while the pod serves.
func (c backupCommand) Run(ctx context.Context, s surroundings) error {
	began := time.Now()
	m, err := c.write(ctx)
	if err != nil {
		return c.failed(err)
	}
	fmt.Fprintf(s.out, "a backup of %s in %s: %s, and %d photos with %d bytes; made in %s\n",
		m.Pod, c.Dir, rowsIn(m), m.Photos.Count, m.Photos.Content, time.Since(began).Round(time.Millisecond))
	for _, sum := range m.Photos.Lost {
		fmt.Fprintf(s.out, "WITHOUT the photo %s, whose bytes this pod has lost\n", sum)
	}
	if m.Master == nil {
		fmt.Fprintf(s.out, "The master key is NOT in it. Keep a copy of %s at another place: without it this backup cannot be restored.\n", c.master())
	} else {
		fmt.Fprintln(s.out, "THE MASTER KEY IS IN IT: whoever reads this backup can read every token and key of this pod.")
	}
	return nil
}

func (c backupCommand) write(ctx context.Context) (backup.Manifest, error) {
	db, err := store.Open(ctx, store.Options{DSN: c.Database, Dir: c.Data, Schema: store.AsItIs})
	if errors.Is(err, os.ErrNotExist) {
		err = c.nowhere()
	}
	if err != nil {
		return backup.Manifest{}, err
	}
	defer db.Close()
	if _, err := os.Stat(c.Data); err != nil {
		return backup.Manifest{}, c.nowhere()
	}
	photos, err := blob.OpenDir(c.blobs(), time.Now)
	if err != nil {
		return backup.Manifest{}, err
	}
	defer photos.Close()
	p := backup.Pod{Dump: dump(db), Photos: photos, Program: thisProgram(), Lossy: c.Lossy, Now: time.Now}
	if c.MasterKey {
		p.Master = c.master()
	}
	return backup.Write(ctx, c.Dir, p)
}

func (c backupCommand) failed(err error) error {
	var lost backup.LostError
	switch {
	case errors.Is(err, store.ErrNoPod):
		err = c.nowhere()
	case errors.Is(err, backup.ErrOther):
		err = fmt.Errorf("%s is not empty, and no backup: %w", c.Dir, err)
	case errors.Is(err, backup.ErrBusy):
		err = fmt.Errorf("%s: %w", c.Dir, err)
	case errors.As(err, &lost):
		err = fmt.Errorf("%w (%s). Bring them back from an earlier backup, or give --without-lost-photos", err, filepath.Join(c.blobs(), lost.Sums[0][:2], lost.Sums[0]))
	}
	return fmt.Errorf("%w\nNo backup was made; an earlier one in %s is as it was", err, c.Dir)
}

// nowhere: a mistyped directory must not look like a pod with nothing in it.
func (s storage) nowhere() error {
	return fmt.Errorf("no pod keeps its data in %s; say where with --data or PODMOVE_DATA, and --database", s.Data)
}

func (s storage) master() string { return filepath.Join(s.Data, "master.key") }

// dump fills in a manifest what the database knows.
func dump(db *store.Store) func(context.Context, io.Writer, func(string, int64) error, *backup.Manifest) error {
	return func(ctx context.Context, w io.Writer, photo func(string, int64) error, m *backup.Manifest) error {
		d, err := db.Dump(ctx, w, photo)
		m.Pod, m.Schema, m.Rows = d.Origin, d.Schema, d.Rows
		return err
	}
}

// rowsIn is what a person wants to hear of the rows.
func rowsIn(m backup.Manifest) string {
	all := int64(0)
	for _, n := range m.Rows {
		all += n
	}
	return fmt.Sprintf("%d accounts, %d posts, %d rows in all", m.Rows["accounts"], m.Rows["posts"], all)
}

// thisProgram is this one, with its version if it was built with one.
func thisProgram() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "podmove " + info.Main.Version
	}
	return "podmove"
}
