package source

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"podmove/oauth"
	"podmove/transfer"
)

// A Photo is open bytes and what they are. The holder closes them.
type Photo struct {
	Content
	io.ReadSeekCloser
}

// Content opens a photo that is in the transfer's scope: transfer.NotFound if
// none is, transfer.ContentMissing if its bytes are lost.
func (s *Service) Content(ctx context.Context, g oauth.Grant, id, photo string) (Photo, error) {
	t, err := s.readable(ctx, g, id)
	if err != nil {
		return Photo{}, err
	}
	if err := granted(t, transfer.Photos); err != nil {
		return Photo{}, err
	}
	return s.content(ctx, t.Scope(), photo)
}

func (s *Service) content(ctx context.Context, in Scope, photo string) (Photo, error) {
	if !transfer.ValidGUID(photo) {
		return Photo{}, transfer.Errorf(transfer.NotFound, "there is no such photo")
	}
	what, err := s.Records.Content(ctx, in, photo)
	if err != nil {
		return Photo{}, err
	}
	bytes, size, err := s.Blobs.Open(ctx, string(what.SHA256))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Photo{}, transfer.Errorf(transfer.ContentMissing, "the bytes of this photo are not here any more").Because(err)
	case err != nil:
		return Photo{}, err // perhaps they can be read in a minute
	}
	if size != what.Bytes {
		bytes.Close()
		return Photo{}, transfer.Errorf(transfer.ContentMissing, "the bytes of this photo are damaged here")
	}
	return Photo{Content: what, ReadSeekCloser: bytes}, nil
}

// from goes on from an offset in a photo that could be opened.
func (p Photo) from(offset int64, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	if _, err := p.Seek(offset, io.SeekStart); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}
