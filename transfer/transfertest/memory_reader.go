package transfertest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"podmove/transfer"
)

// Reader reads the account of that name.
func (m *Memory) Reader(name string) transfer.Reader { return memoryReader{m, name} }

type memoryReader struct {
	*Memory
	name string
}

// Plan is part of transfer.Reader.
func (r memoryReader) Plan(ctx context.Context) (transfer.Plan, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := transfer.Plan{
		Transfer: "in memory", Nonce: r.name, Purpose: transfer.Copy, State: transfer.Open, Format: transfer.Format, Limited: true,
		Limits: transfer.Limits{PageItems: transfer.MaxPageItems, PageBytes: transfer.MaxPageBytes, ReceiptItems: transfer.MaxReceipts},
	}
	for _, c := range transfer.Collections() {
		sum := transfer.CollectionPlan{Collection: c}
		for _, e := range r.entries(c) {
			sum.Count++
			sum.Bytes += int64(len(e.Item))
			if photo, err := transfer.Decode[transfer.Photo](e); c == transfer.Photos && err == nil {
				sum.ContentBytes += photo.Size
			}
		}
		p.Collections = append(p.Collections, sum)
	}
	return p, ctx.Err()
}

// entries are the live ones. The caller holds the lock.
func (r memoryReader) entries(c transfer.Collection) (list []transfer.Entry) {
	for _, row := range r.account(r.name).rows[c] {
		if !row.entry.Deleted {
			list = append(list, row.entry)
		}
	}
	return list
}

// Page is part of transfer.Reader. A cursor holds the change number after which
// the page lies, and the one from which on tombstones are listed.
func (r memoryReader) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.account(r.name)
	at, floor := int64(0), a.seq
	if after != "" {
		if _, err := fmt.Sscanf(string(after), "%d.%d.", &at, &floor); err != nil || r.cursor(c, at, floor) != after {
			return transfer.Page{}, transfer.Errorf(transfer.CursorInvalid, "this is not a cursor of this collection")
		}
	}
	list := a.changes(c, at, floor)
	p := transfer.Page{Transfer: "in memory", Nonce: r.name, Collection: c, After: after, Through: at, CaughtUp: true}
	size := 0
	for _, row := range list {
		if size += len(row.entry.Item) + 512; len(p.Entries) == limit || size > transfer.MaxPageBytes {
			p.CaughtUp = false
			break
		}
		p.Entries, p.Through = append(p.Entries, row.entry), row.seq
	}
	p.Next = r.cursor(c, p.Through, floor)
	return p, ctx.Err()
}

// changes are the rows that changed after at, in order.
func (a *account) changes(c transfer.Collection, at, floor int64) (list []*row) {
	for _, r := range a.rows[c] {
		if r.seq > at && (!r.entry.Deleted || r.seq > floor) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *row) int { return cmp.Compare(a.seq, b.seq) })
	return list
}

func (r memoryReader) cursor(c transfer.Collection, at, floor int64) transfer.Cursor {
	seal := hmac.New(sha256.New, r.key)
	fmt.Fprintf(seal, "%q %s %d %d", r.name, c, at, floor)
	return transfer.Cursor(fmt.Sprintf("%d.%d.%s", at, floor, hex.EncodeToString(seal.Sum(nil))))
}

// Content is part of transfer.Reader.
func (r memoryReader) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if row := r.account(r.name).live(transfer.Photos, photo); row != nil {
		item, err := transfer.Decode[transfer.Photo](row.entry)
		if content, ok := r.blobs[item.SHA256]; err == nil && ok && from >= 0 && from <= int64(len(content)) {
			return io.NopCloser(bytes.NewReader(content[from:])), ctx.Err()
		}
	}
	return nil, transfer.Errorf(transfer.NotFound, "there is no such photo")
}

// Manifest is part of transfer.Reader.
func (r memoryReader) Manifest(ctx context.Context) (transfer.Manifest, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := transfer.Manifest{Format: transfer.Format, AsOf: r.account(r.name).seq}
	m.Transfer, m.Nonce = "in memory", r.name
	for _, c := range transfer.Collections() {
		m.Tallies = append(m.Tallies, tally(c, r.entries(c)))
	}
	return m, ctx.Err()
}
