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

func (d *Dir) sweepOne(ctx context.Context, sum string, before time.Time, used func(ctx context.Context, sum string) (bool, error)) (gone bool, err error) {
	if in, err := used(ctx, sum); in || err != nil {
		return false, err
	}
	// Somebody may have put the same bytes again while we asked.
	if !d.older(place(sum), before) {
		return false, nil
	}
	return true, d.remove(place(sum))
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
