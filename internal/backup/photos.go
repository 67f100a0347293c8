package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"podmove/internal/blob"
)

// maxPhoto bounds what is copied under one sum.
const maxPhoto = 1 << 40

// copyPhotos brings the bytes that are on the list and not in the backup, and
// answers which the pod does not have, or has damaged.
func (w *writer) copyPhotos(ctx context.Context) (lost []string, err error) {
	f, err := w.root.Open(w.m.Photos.Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for l := readList(w.m.Photos.Name, f); ; {
		more, err := l.next()
		if err != nil || !more {
			return lost, err
		}
		err = bring(ctx, w.photos, w.pod.Photos, l.at)
		if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrMismatch) {
			lost, err = append(lost, l.at), nil
		}
		if err != nil {
			return lost, err
		}
	}
}

// An opener is where bytes are read from.
type opener interface {
	Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error)
}

// bring copies bytes, unless they are there and sound.
func bring(ctx context.Context, to blob.Store, from opener, sum string) error {
	switch err := sound(ctx, to, sum); {
	case err == nil:
		return nil
	case errors.Is(err, blob.ErrMismatch):
		if err := to.Delete(ctx, sum); err != nil {
			return err
		}
	case !errors.Is(err, blob.ErrNotFound):
		return err
	}
	f, _, err := from.Open(ctx, sum)
	if err != nil {
		return err
	}
	defer f.Close()
	_, _, err = to.Put(ctx, f, sum, maxPhoto)
	return err
}

// sound says whether the bytes are what their name says.
func sound(ctx context.Context, s opener, sum string) error {
	f, _, err := s.Open(ctx, sum)
	if err != nil {
		return err
	}
	defer f.Close()
	got, _, err := hashed(ctx, f)
	if err == nil && got != sum {
		err = blob.ErrMismatch
	}
	return err
}

func hashed(ctx context.Context, r io.Reader) (sum string, size int64, err error) {
	hash := sha256.New()
	size, err = io.Copy(hash, blob.Within(ctx, r))
	return hex.EncodeToString(hash.Sum(nil)), size, err
}

// sweep removes bytes that are not on the list any more: what people deleted, or
// had erased, does not stay in the backup. It meets them in the list's order.
func (w *writer) sweep(ctx context.Context) error {
	f, err := w.root.Open(w.m.Photos.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	l := readList(w.m.Photos.Name, f)
	_, err = w.photos.Sweep(ctx, w.pod.Now().Add(time.Hour), func(_ context.Context, sum string) (bool, error) {
		return l.holds(sum)
	})
	return err
}

func (m Manifest) lost(sum string) bool { return slices.Contains(m.Photos.Lost, sum) }
