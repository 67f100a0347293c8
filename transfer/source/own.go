package source

import (
	"context"
	"io"

	"podmove/transfer"
)

// Own is an account as its owner reads it, whole: no grant is asked for, and
// nothing is written down of it. The caller has made sure who asks.
func (s *Service) Own(account int64) transfer.Reader {
	return own{s, Transfer{
		Account: account, Purpose: transfer.Copy, State: transfer.Open, Limited: true, Collections: transfer.Collections(),
	}}
}

// own reads a transfer that no client has and no row knows.
type own struct {
	service *Service
	t       Transfer
}

func (o own) Plan(ctx context.Context) (transfer.Plan, error) { return o.service.measure(ctx, o.t) }

func (o own) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	if err := granted(o.t, c); err != nil {
		return transfer.Page{}, err
	}
	if limit < 1 || limit > o.service.PageItems {
		limit = o.service.PageItems
	}
	return o.service.read(ctx, o.t, PageRequest{Collection: c, After: after, Limit: limit})
}

func (o own) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	p, err := o.service.content(ctx, o.t.Scope(), photo)
	return p.from(from, err)
}

func (o own) Manifest(ctx context.Context) (transfer.Manifest, error) {
	return o.service.manifest(ctx, o.t)
}
