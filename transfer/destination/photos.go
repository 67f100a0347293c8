package destination

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"podmove/transfer"
)

// keepPhotos fetches the bytes of a page's photos, a few at a time. A photo
// whose bytes cannot be had is marked and fails alone; a pod that does not
// answer stops the page, which is asked for again.
func (k *copier) keepPhotos(ctx context.Context, entries []transfer.Entry) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	slots := make(chan struct{}, k.b.Parallel)
	for i := range entries {
		photo, ok, err := k.wanted(&entries[i])
		if err != nil {
			cancel(err)
			break
		}
		if !ok {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := k.keep(ctx, &entries[i], photo); err != nil {
				cancel(err) // the first cause stays
			}
		})
		if ctx.Err() != nil {
			break
		}
	}
	group.Wait()
	return context.Cause(ctx)
}

// wanted reads what an entry says of its bytes. An entry that is no photo by
// the rules is left to Write, which says why.
func (k *copier) wanted(e *transfer.Entry) (transfer.Photo, bool, error) {
	if len(e.Item) == 0 || e.Failed != "" {
		return transfer.Photo{}, false, nil
	}
	photo, err := transfer.Decode[transfer.Photo](*e)
	if err != nil {
		return photo, false, nil
	}
	if photo.Size > k.b.PhotoBytes {
		e.Failed = transfer.ContentTooLarge
		return photo, false, nil
	}
	k.content += photo.Size
	return photo, true, k.b.beyond(k.c, k.sum, k.content)
}

func (k *copier) keep(ctx context.Context, e *transfer.Entry, photo transfer.Photo) error {
	err := k.w.Keep(ctx, photo.SHA256, photo.Size, func(from int64) (io.ReadCloser, error) {
		body, err := k.r.Content(ctx, e.GUID, from)
		if err != nil || from > 0 { // its beginning came before
			return body, err
		}
		return picture(body, photo.Type)
	})
	e.Failed = contentCode(err)
	if e.Failed != "" {
		return nil
	}
	return err
}

// picture refuses bytes that do not begin as an image of the type does that was
// announced: what else they are is for a browser to find out.
func picture(body io.ReadCloser, kind string) (io.ReadCloser, error) {
	start := make([]byte, 512) // as many as tell
	n, err := io.ReadFull(body, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.Join(err, body.Close())
	}
	if n > 0 && http.DetectContentType(start[:n]) != kind {
		refused := transfer.Errorf(transfer.ContentRefused, "the photo is not what it was announced as")
		return nil, refused.Because(body.Close())
	}
	return begun{io.MultiReader(bytes.NewReader(start[:n]), body), body}, nil
}

// A begun body is one of which something was read and put back.
type begun struct {
	io.Reader
	io.Closer
}

// contentCode is the code of a failure that is one photo's own, else "".
func contentCode(err error) transfer.Code {
	switch code := transfer.CodeOf(err); code {
	case transfer.ContentMissing, transfer.ContentDiffers, transfer.ContentTooLarge, transfer.ContentRefused:
		return code
	case transfer.NotFound:
		return transfer.ContentMissing
	}
	return ""
}
