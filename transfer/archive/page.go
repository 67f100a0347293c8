package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"podmove/transfer"
)

// Plan is part of transfer.Reader.
func (r *Reader) Plan(ctx context.Context) (transfer.Plan, error) {
	p := transfer.Plan{
		Transfer: r.index.fingerprint, Purpose: transfer.Copy, State: transfer.Open, Format: transfer.Format, Limited: true,
		Limits: transfer.Limits{PageItems: transfer.MaxPageItems, PageBytes: pageBytes, ReceiptItems: transfer.MaxReceipts},
	}
	for _, c := range transfer.Collections() {
		p.Collections = append(p.Collections, r.sizes[c])
	}
	return p, ctx.Err()
}

// Page is part of transfer.Reader. The stream stays where the page ended, so
// that only a jump reads the file again.
func (r *Reader) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	n, err := r.number(c, after)
	if err != nil {
		return transfer.Page{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.current
	r.current = nil
	if w == nil || w.collection != c || w.given != n {
		if w, err = r.walkFrom(ctx, c, n); err != nil {
			return transfer.Page{}, err
		}
	}
	w.hear(ctx)
	p := transfer.Page{Transfer: r.index.fingerprint, Collection: c, After: after}
	if err := r.fill(ctx, w, &p, limit); err != nil {
		return transfer.Page{}, err
	}
	p.Through, p.Next = int64(w.given), r.cursor(c, w.given)
	r.current = w
	return p, nil
}

func (r *Reader) fill(ctx context.Context, w *walk, p *transfer.Page, limit int) error {
	if limit < 1 || limit > transfer.MaxPageItems {
		limit = transfer.MaxPageItems
	}
	for bytes := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := w.peek(ctx, r)
		if err != nil {
			return err
		}
		if p.CaughtUp = e == nil; p.CaughtUp {
			return nil
		}
		if bytes += len(e.Item) + len(e.GUID); len(p.Entries) == limit || (bytes > pageBytes && len(p.Entries) > 0) {
			return nil
		}
		p.Entries = append(p.Entries, *e)
		w.held = nil
		w.given++
	}
}

// entry makes an item, or what is to be said of it, ready to travel. Its error
// is the end of the context.
func (r *Reader) entry(ctx context.Context, c transfer.Collection, at int, d draft) (transfer.Entry, error) {
	_, again := slices.BinarySearch(r.again[c], uint32(at))
	if again {
		return transfer.Entry{GUID: r.positional(c, at), Unsendable: transfer.Duplicate}, nil
	}
	d.guid = r.reported(c, at, d.guid)
	if photo, ok := d.item.(transfer.Photo); ok && d.err == nil {
		d.item, d.err = d.file.confirm(ctx, photo)
	}
	if err := ctx.Err(); err != nil {
		return transfer.Entry{}, err
	}
	if d.err != nil {
		return transfer.Entry{GUID: d.guid, Unsendable: transfer.CodeOf(d.err)}, nil
	}
	e, err := transfer.Encode(d.guid, d.item)
	switch {
	case err != nil:
		return transfer.Entry{GUID: d.guid, Unsendable: transfer.CodeOf(err)}, nil
	case len(e.Item) > pageBytes:
		return transfer.Entry{GUID: d.guid, Unsendable: transfer.TooLarge}, nil
	}
	return e, nil
}

// cursor is a number of items, and a mark that only these files, this
// collection and this number have together. It is no secret: whoever has the
// archive may read all of it.
func (r *Reader) cursor(c transfer.Collection, n int) transfer.Cursor {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", r.index.fingerprint, c, n))
	return transfer.Cursor(strconv.Itoa(n) + "." + hex.EncodeToString(sum[:16]))
}

func (r *Reader) number(c transfer.Collection, after transfer.Cursor) (int, error) {
	if !c.Known() {
		return 0, transfer.Errorf(transfer.RequestInvalid, "there is no collection %.40q", c)
	}
	if after == "" {
		return 0, nil
	}
	digits, _, _ := strings.Cut(string(after), ".")
	n, err := strconv.Atoi(digits)
	if err != nil || r.cursor(c, n) != after {
		return 0, transfer.Errorf(transfer.CursorInvalid, "this is not a cursor of this archive and collection")
	}
	return n, nil
}

// Content is part of transfer.Reader. What lies before the offset is unpacked
// and dropped.
func (r *Reader) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	f, ok := r.photos.byGUID[photo]
	if !ok {
		return nil, transfer.Errorf(transfer.NotFound, "the archive has no bytes for the photo %.80q", photo)
	}
	in, err := f.zip.Open()
	if err != nil {
		return nil, f.damaged(err)
	}
	body := &bounded{ctx: ctx, in: in, limit: int64(f.zip.UncompressedSize64)}
	if _, err := io.CopyN(io.Discard, body, from); err != nil {
		_ = in.Close() // nothing was written
		return nil, f.damaged(err)
	}
	return struct {
		io.Reader
		io.Closer
	}{body, in}, nil
}
