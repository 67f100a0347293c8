package pod

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"podmove/transfer"
)

// AddPhoto keeps a photo that somebody uploads for a post: until one shows it,
// it is for its owner alone. Of a JPEG, PNG or WebP only the picture is kept:
// cameras write into photos where they were taken.
func (a *Author) AddPhoto(ctx context.Context, account int64, content io.Reader) (Photo, error) {
	return a.keep(ctx, account, content, transfer.Photo{})
}

// AddAvatar keeps a picture of the person, for everyone to see.
func (a *Author) AddAvatar(ctx context.Context, account int64, content io.Reader) (Photo, error) {
	return a.keep(ctx, account, content, transfer.Photo{Public: true})
}

func (a *Author) keep(ctx context.Context, account int64, content io.Reader, p transfer.Photo) (Photo, error) {
	select {
	case a.Slots <- struct{}{}:
		defer func() { <-a.Slots }()
	case <-ctx.Done():
		return Photo{}, ctx.Err()
	}
	raw, err := io.ReadAll(io.LimitReader(content, a.MaxPhoto+1))
	if err != nil { // whoever sends it has stopped, or sends too much
		return Photo{}, Refusal{Photos, "The photo did not arrive whole. Send it again."}
	}
	if int64(len(raw)) > a.MaxPhoto {
		return Photo{}, Refusal{Photos, "This photo is larger than this pod takes."}
	}
	p.Type, p.CreatedAt = http.DetectContentType(raw), transfer.TimeOf(a.Now())
	clean, size, err := bare(raw, p.Type)
	if err != nil {
		return Photo{}, Refusal{Photos, "This is no photo that this pod can show. It takes JPEG, PNG, GIF and WebP of up to 40 million pixels."}
	}
	p.Width, p.Height = int64(size.X), int64(size.Y)
	sum, n, err := a.Blobs.Put(ctx, bytes.NewReader(clean), "", int64(len(clean)))
	if err != nil {
		return Photo{}, err
	}
	p.SHA256, p.Size = transfer.Digest(sum), n
	return a.Shelves.CreatePhoto(ctx, account, p)
}

// Describe gives a photo another description.
func (a *Author) Describe(ctx context.Context, account int64, guid, description string) error {
	if err := checkText(description); err != nil {
		return Refusal{Photos, "The description is too long."}
	}
	return a.Shelves.EditPhoto(ctx, account, guid, func(p transfer.Photo) (transfer.Photo, error) {
		p.Text = plain(description)
		return p, nil
	})
}
