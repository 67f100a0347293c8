package pod

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"

	"podmove/internal/blob"
	"podmove/transfer"
)

// Images opens photos in the sizes in which they are shown. A size is made when
// it is first asked for, and kept in a directory that may be deleted at any
// time.
type Images struct {
	blobs blob.Store
	cache *os.Root
	slots chan struct{} // pictures being shrunk: each may take 160 MB and a core
}

// NewImages keeps the smaller sizes of what blobs holds in the directory at
// path, and makes it if it is missing.
func NewImages(blobs blob.Store, path string) (*Images, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("opening the directory of photos' sizes: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of photos' sizes: %w", err)
	}
	return &Images{blobs: blobs, cache: root, slots: make(chan struct{}, 2)}, nil
}

// Close lets go of the directory.
func (i *Images) Close() error { return i.cache.Close() }

// An Image is the bytes to show.
type Image struct {
	io.ReadSeekCloser
	Type string // of these bytes, which may not be the type of the original
	ETag string // strong
}

// Open is a photo in one size. Where a size needs no shrinking, or the picture
// cannot be read or has more than 40 million pixels, it is the original.
// ErrHidden if the bytes are not here.
func (i *Images) Open(ctx context.Context, p transfer.Photo, v Variant) (Image, error) {
	etag := `"` + string(p.SHA256) + `"`
	if v != Original {
		switch content, err := i.smaller(ctx, p, v); {
		case err == nil:
			etag = `"` + string(p.SHA256) + "-" + string(v) + `"`
			return typed(content, etag)
		case !errors.Is(err, errAsItIs):
			return Image{}, err
		}
	}
	content, err := i.original(ctx, p)
	return Image{content, p.Type, etag}, err
}

func (i *Images) original(ctx context.Context, p transfer.Photo) (io.ReadSeekCloser, error) {
	content, _, err := i.blobs.Open(ctx, string(p.SHA256))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, ErrHidden
	}
	return content, err
}

// smaller finds the size in the cache, or makes it.
func (i *Images) smaller(ctx context.Context, p transfer.Photo, v Variant) (io.ReadSeekCloser, error) {
	if !p.SHA256.Valid() {
		return nil, ErrHidden
	}
	name := string(v) + string(p.SHA256)
	f, err := i.cache.Open(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	raw, err := i.shrink(ctx, p, v)
	if err != nil {
		return nil, err
	}
	return nopCloser{bytes.NewReader(raw)}, i.keep(name, raw)
}

func (i *Images) shrink(ctx context.Context, p transfer.Photo, v Variant) ([]byte, error) {
	select {
	case i.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-i.slots }()
	content, err := i.original(ctx, p)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return shrink(content, p.Type, v)
}

// keep writes a size beside its name first, so that nobody reads half of it.
func (i *Images) keep(name string, raw []byte) error {
	draft := "draft_" + rand.Text()
	err := i.cache.WriteFile(draft, raw, 0o600)
	if err == nil {
		err = i.cache.Rename(draft, name)
	}
	if err != nil {
		return errors.Join(err, i.cache.RemoveAll(draft))
	}
	return nil
}

// Forget deletes the smaller sizes of a blob that is deleted.
func (i *Images) Forget(sum string) error {
	if !transfer.Digest(sum).Valid() {
		return blob.ErrName
	}
	var all error
	for _, v := range Variants()[1:] {
		if err := i.cache.Remove(string(v) + sum); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// typed finds out whether content is a JPEG or a PNG.
func typed(content io.ReadSeekCloser, etag string) (Image, error) {
	var start [512]byte
	n, err := io.ReadFull(content, start[:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	if err != nil {
		return Image{}, errors.Join(err, content.Close())
	}
	return Image{content, http.DetectContentType(start[:n]), etag}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }
