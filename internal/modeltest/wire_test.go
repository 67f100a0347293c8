package modeltest

import (
	"bytes"
	"context"
	"errors"
	"io"

	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
)

// A wire is the old pod as one move's new pod sees it: what api does between a
// token and the room.
type wire struct {
	*life
	grant string // the token
	id    string // of the transfer; empty until it is opened
}

// allowed is the grant behind the token, if it is still good.
func (w *wire) allowed() (oauth.Grant, error) {
	g, ok := w.granted(w.grant)
	if !ok {
		return g, transfer.Errorf(transfer.TokenInvalid, "the token is unknown, expired or revoked")
	}
	return g, nil
}

func (w *wire) reader() transfer.Reader {
	g, _ := w.allowed()
	return w.source().Reader(g, w.id)
}

// asks makes one call with the token.
func asks[T any](ctx context.Context, w *wire, call func(ctx context.Context, g oauth.Grant) (T, error)) (T, error) {
	return over(ctx, w.pods, func(ctx context.Context) (T, error) {
		g, err := w.allowed()
		if err != nil {
			var none T
			return none, err
		}
		return call(ctx, g)
	})
}

func (w *wire) Open(ctx context.Context, o transfer.Opening) (transfer.Plan, error) {
	opened, err := asks(ctx, w, func(ctx context.Context, g oauth.Grant) (source.Opened, error) { return w.source().Open(ctx, g, o) })
	w.id = opened.Transfer
	return opened.Plan, err
}

func (w *wire) Plan(ctx context.Context) (transfer.Plan, error) {
	return asks(ctx, w, func(ctx context.Context, _ oauth.Grant) (transfer.Plan, error) { return w.reader().Plan(ctx) })
}

func (w *wire) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	return asks(ctx, w, func(ctx context.Context, _ oauth.Grant) (transfer.Page, error) {
		return w.reader().Page(ctx, c, after, limit)
	})
}

func (w *wire) Manifest(ctx context.Context) (transfer.Manifest, error) {
	return asks(ctx, w, func(ctx context.Context, _ oauth.Grant) (transfer.Manifest, error) { return w.reader().Manifest(ctx) })
}

// Content is whole, or, while the photos of the account are, damaged.
func (w *wire) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	return asks(ctx, w, func(ctx context.Context, _ oauth.Grant) (io.ReadCloser, error) {
		bytesOf, err := w.reader().Content(ctx, photo, from)
		if err != nil || !w.damaged.Load() {
			return bytesOf, err
		}
		raw, err := io.ReadAll(bytesOf)
		if len(raw) > 0 {
			raw[len(raw)-1] ^= 1
		}
		return io.NopCloser(bytes.NewReader(raw)), errors.Join(err, bytesOf.Close())
	})
}

func (w *wire) Receipts(ctx context.Context, list []transfer.Outcome) error {
	_, err := asks(ctx, w, func(ctx context.Context, g oauth.Grant) (bool, error) {
		return true, w.source().Receipts(ctx, g, w.id, list)
	})
	return err
}

func (w *wire) Freeze(ctx context.Context) (transfer.Plan, error) {
	return asks(ctx, w, func(ctx context.Context, g oauth.Grant) (transfer.Plan, error) {
		return w.source().Freeze(ctx, g, w.id)
	})
}

func (w *wire) Complete(ctx context.Context, receipt string) (transfer.Plan, error) {
	return asks(ctx, w, func(ctx context.Context, g oauth.Grant) (transfer.Plan, error) {
		return w.source().Complete(ctx, g, w.id, receipt)
	})
}

func (w *wire) Cancel(ctx context.Context) (transfer.Plan, error) {
	return asks(ctx, w, func(ctx context.Context, g oauth.Grant) (transfer.Plan, error) {
		return w.source().Cancel(ctx, g, w.id)
	})
}

// send carries a signed message to a pod.
func (l *life) send(ctx context.Context, address, message string) (string, error) {
	return over(ctx, l.pods, func(ctx context.Context) (string, error) {
		switch address {
		case l.new.url + "/transfer/v1/holdings":
			return l.keeper().Holdings(ctx, message)
		case l.new.url + "/transfer/v1/notices":
			return l.keeper().Hear(ctx, message)
		case l.old.url + "/transfer/v1/notices":
			return l.redirects().Hear(ctx, message)
		}
		return "", errors.New("sent to " + address)
	})
}
