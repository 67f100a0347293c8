package store

import (
	"context"
	"slices"

	"podmove/internal/pod"
	"podmove/transfer"
)

var _ pod.Shelves = (*Store)(nil)

// open locks an account that its person may write to: one that has not moved
// away or been closed.
func (s *Store) open(ctx context.Context, account int64) error {
	if err := s.lock(ctx, account); err != nil {
		return err
	}
	a, err := s.Account(ctx, account)
	if err == nil && a.State != pod.Active {
		err = pod.ErrNotActive
	}
	return err
}

// editItem gives an item of the account new content. What comes out as it went
// in takes no change number. ErrNotFound if the account has no such item.
func editItem[T transfer.Item](ctx context.Context, s *Store, account int64, guid string, change func(T) (T, error)) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.open(ctx, account); err != nil {
			return err
		}
		h, item, err := readItem[T](ctx, s, account, guid)
		if err != nil {
			return err
		}
		if item, err = change(item); err != nil {
			return err
		}
		e, err := transfer.Encode(guid, item)
		if err != nil || e.Digest == h.Digest {
			return err
		}
		return s.write(ctx, account, placed{head: head{GUID: guid}, item: item, again: true})
	})
}

// readItem is one item of the account, or ErrNotFound.
func readItem[T transfer.Item](ctx context.Context, s *Store, account int64, guid string) (h head, item T, err error) {
	sh, err := shelfOf(item.Collection())
	if err != nil {
		return h, item, err
	}
	found := false
	q := s.db(ctx).Table(sh.table()).Where("account_id = ? AND guid = ?", account, guid)
	err = sh.read(q, func(row head, it transfer.Item) bool {
		h, item, found = row, it.(T), true
		return false
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	return h, item, err
}

// EditPost is pod.Shelves'.
func (s *Store) EditPost(ctx context.Context, account int64, guid string, change func(transfer.Post) (transfer.Post, error)) error {
	return hidden(editItem(ctx, s, account, guid, change))
}

// EditPhoto is pod.Shelves'.
func (s *Store) EditPhoto(ctx context.Context, account int64, guid string, change func(transfer.Photo) (transfer.Photo, error)) error {
	return hidden(editItem(ctx, s, account, guid, change))
}

// EditAspect is pod.Shelves'.
func (s *Store) EditAspect(ctx context.Context, account int64, guid string, change func(transfer.Aspect) (transfer.Aspect, error)) error {
	return hidden(editItem(ctx, s, account, guid, change))
}

// EditContact is pod.Shelves'.
func (s *Store) EditContact(ctx context.Context, account int64, guid string, change func(transfer.Contact) (transfer.Contact, error)) error {
	return hidden(editItem(ctx, s, account, guid, func(c transfer.Contact) (transfer.Contact, error) {
		c, err := change(c)
		slices.Sort(c.Aspects)
		c.Aspects = slices.Compact(c.Aspects)
		return c, err
	}))
}

// hidden says in the pod's words that something is not there.
func hidden(err error) error {
	if err == ErrNotFound { //nolint:errorlint // it is our own, and comes as it is
		return pod.ErrHidden
	}
	return err
}
