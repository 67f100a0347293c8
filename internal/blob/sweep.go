package blob

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"time"
)

// Sweep is Store.Sweep.
func (d *Dir) Sweep(ctx context.Context, before time.Time, used func(ctx context.Context, sum string) (bool, error)) (int, error) {
	swept := 0
	err := fs.WalkDir(d.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || entry.IsDir() || !d.older(name, before) {
			return ignoreMissing(err)
		}
		switch sum := path.Base(name); {
		case path.Dir(name) == arriving, path.Dir(name) == partial:
			return d.remove(name)
		case validName(sum) && name == place(sum):
			gone, err := d.sweepOne(ctx, sum, before, used)
			if gone {
				swept++
			}
			return err
		default:
			return nil // not ours
		}
	})
	return swept, err
}

// moment is longer than it takes from finding bytes here to writing that down.
const moment = 5 * time.Second

// Drop is Store.Drop.
func (d *Dir) Drop(ctx context.Context, sum string, used func(ctx context.Context, sum string) (bool, error)) (bool, error) {
	if !validName(sum) {
		return false, ErrName
	}
	return d.sweepOne(ctx, sum, d.now().Add(-moment), used)
}

// sweepOne takes the file aside before it goes: who looks for it from then on
// fetches it anew, and who found it just before has marked it by its time, so
// that it is put back.
func (d *Dir) sweepOne(ctx context.Context, sum string, before time.Time, used func(ctx context.Context, sum string) (bool, error)) (gone bool, err error) {
	here, aside := place(sum), path.Join(arriving, "gone-"+sum)
	if !d.older(here, before) {
		return false, nil
	}
	if in, err := used(ctx, sum); in || err != nil {
		return false, err
	}
	if !d.older(here, before) {
		return false, nil
	}
	if err := d.root.Rename(here, aside); err != nil {
		return false, ignoreMissing(err)
	}
	if !d.older(aside, before) {
		return false, ignoreMissing(d.root.Rename(aside, here))
	}
	return true, d.remove(aside)
}

// older says whether the file is there and was last put before a time.
func (d *Dir) older(name string, before time.Time) bool {
	info, err := d.root.Stat(name)
	return err == nil && info.ModTime().Before(before)
}

func (d *Dir) remove(name string) error { return ignoreMissing(d.root.Remove(name)) }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
