package source

import (
	"context"
	"crypto/rand"
	"io"

	"podmove/oauth"
	"podmove/transfer"
)

// Reader is one transfer read without a wire in between.
func (s *Service) Reader(g oauth.Grant, id string) transfer.Reader {
	return reader{service: s, grant: g, id: id}
}

// A reader spends a nonce of its own on each page.
type reader struct {
	service *Service
	grant   oauth.Grant
	id      string
}

func (r reader) Plan(ctx context.Context) (transfer.Plan, error) {
	return r.service.State(ctx, r.grant, r.id)
}

func (r reader) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	return r.service.Page(ctx, r.grant, r.id, PageRequest{Collection: c, After: after, Limit: limit, Nonce: rand.Text()})
}

func (r reader) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	p, err := r.service.Content(ctx, r.grant, r.id, photo)
	return p.from(from, err)
}

func (r reader) Manifest(ctx context.Context) (transfer.Manifest, error) {
	return r.service.Manifest(ctx, r.grant, r.id)
}
