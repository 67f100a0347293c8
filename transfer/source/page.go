package source

import (
	"context"

	"podmove/oauth"
	"podmove/transfer"
)

// A PageRequest asks for what lies after a cursor.
type PageRequest struct {
	Collection transfer.Collection
	After      transfer.Cursor // empty is the beginning
	Limit      int             // 1 to transfer.MaxPageItems; 0 is the pod's own, which is never exceeded
	Nonce      string          // the request nonce, never used before in this transfer (Protocol §4.3)
}

const (
	pageFrame  = 64 << 10 // bytes of a page that are not entries, generously
	entryFrame = 256      // bytes of an entry that are neither guid nor item, generously
)

// Page answers one page. A nonce is spent with the page it was answered with; a
// lost answer is asked for again with the same cursor and a fresh nonce.
func (s *Service) Page(ctx context.Context, g oauth.Grant, id string, r PageRequest) (transfer.Page, error) {
	t, err := s.readable(ctx, g, id)
	if err != nil {
		return transfer.Page{}, err
	}
	if err := s.mayAsk(t, &r); err != nil {
		return transfer.Page{}, err
	}
	if t, err = s.begin(ctx, t); err != nil {
		return transfer.Page{}, err
	}
	var p transfer.Page
	err = s.Transfers.InTx(ctx, func(ctx context.Context) error {
		if err := s.Transfers.TakeNonce(ctx, t.ID, transfer.Sum([]byte(r.Nonce))); err != nil {
			return err
		}
		if p, err = s.read(ctx, t, r); err != nil {
			return err
		}
		return s.Transfers.CountRead(ctx, t.ID, r.Collection, len(p.Entries))
	})
	return p, err
}

// mayAsk refuses a page request that can be refused without reading.
func (s *Service) mayAsk(t Transfer, r *PageRequest) error {
	if err := granted(t, r.Collection); err != nil {
		return err
	}
	if r.Limit == 0 {
		r.Limit = s.PageItems
	}
	switch {
	case r.Limit < 1 || r.Limit > transfer.MaxPageItems:
		return transfer.Errorf(transfer.RequestInvalid, "limit is 1 to %d", transfer.MaxPageItems)
	case !nonceShape.MatchString(r.Nonce):
		return transfer.Errorf(transfer.NonceMissing, "a page request carries a fresh Transfer-Nonce of 22 to 128 characters of base64url or hex")
	}
	r.Limit = min(r.Limit, s.PageItems)
	return nil
}

// begin notes the first page.
func (s *Service) begin(ctx context.Context, t Transfer) (Transfer, error) {
	if t.State != transfer.Open {
		return t, nil
	}
	return s.change(ctx, t.ID, func(ctx context.Context, t *Transfer) error {
		if t.State != transfer.Open {
			return closed(t.State)
		}
		return s.enter(ctx, t, transfer.Copying, host(*t)+" has begun to copy this account.")
	})
}

// read fills the page. The mark is taken before the changes: whatever is
// missing then from what is not there now has a higher number.
func (s *Service) read(ctx context.Context, t Transfer, r PageRequest) (transfer.Page, error) {
	mark, epoch, err := s.Records.Mark(ctx, t.Account)
	if err != nil {
		return transfer.Page{}, err
	}
	in := slotOf(t, r.Collection, epoch)
	at, err := s.standing(in, r.After, mark)
	if err != nil {
		return transfer.Page{}, err
	}
	list, more, err := s.Records.Changes(ctx, t.Scope(), r.Collection, at.number, at.floor, r.Limit, s.PageBytes)
	if err != nil {
		return transfer.Page{}, err
	}
	fit := fitting(list, s.PageBytes)
	p := transfer.Page{
		Transfer: t.ID, Nonce: t.Nonce, Collection: r.Collection, After: r.After,
		CaughtUp: !more && fit == len(list), Through: max(mark, at.number), Entries: make([]transfer.Entry, fit),
	}
	for i, change := range list[:fit] {
		p.Entries[i], p.Through = change.Entry, change.Seq
	}
	p.Next = s.sealer.seal(in, place{floor: at.floor, number: p.Through})
	return p, nil
}

// standing is where a cursor stands. A reader from nothing is told of no
// deletion that came before it (Protocol §4.2).
func (s *Service) standing(in slot, c transfer.Cursor, mark int64) (place, error) {
	if c == "" {
		return place{floor: mark}, nil
	}
	at, err := s.sealer.open(in, c)
	if err == nil && at.number > mark {
		return at, expiredCursor() // the database has forgotten what this cursor saw
	}
	return at, err
}

// fitting is how many changes go into so many bytes of a page, at least one.
func fitting(list []Change, room int) int {
	for i, change := range list {
		room -= len(change.Entry.Item) + len(change.Entry.GUID) + entryFrame
		if room < 0 {
			return max(i, 1)
		}
	}
	return len(list)
}
