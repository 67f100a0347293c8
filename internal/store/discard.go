package store

import (
	"context"

	"podmove/internal/pod"
	"podmove/transfer"
)

// discard deletes an item of the account, after what else must change with it.
// pod.ErrHidden if the account has no such item.
func (s *Store) discard(ctx context.Context, sh shelf, account int64, guid string, first func(ctx context.Context) error) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, account); err != nil {
			return err
		}
		ids, err := s.ids(ctx, sh.table(), account, []string{guid})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return pod.ErrHidden
		}
		if first != nil {
			if err := first(ctx); err != nil {
				return err
			}
		}
		if err := s.takeOut(ctx, sh, account, []string{guid}, removeOrphans); err != nil {
			return err
		}
		return s.eraseLast(ctx, account)
	})
}

// DeletePhoto is pod.Shelves'. The posts that showed the photo change with it.
func (s *Store) DeletePhoto(ctx context.Context, account int64, guid string) error {
	return s.discard(ctx, photos{}, account, guid, func(ctx context.Context) error {
		return s.amend(ctx, posts{}, account, hasPhoto, guid, func(item transfer.Item) transfer.Item {
			p := item.(transfer.Post)
			p.Photos = without(p.Photos, guid)
			return p
		})
	})
}

// DeleteAspect is pod.Shelves'. The contacts in it stay, and leave it.
func (s *Store) DeleteAspect(ctx context.Context, account int64, guid string) error {
	return s.discard(ctx, aspects{}, account, guid, func(ctx context.Context) error {
		return s.amend(ctx, contacts{}, account, inAspect, guid, func(item transfer.Item) transfer.Item {
			c := item.(transfer.Contact)
			c.Aspects = without(c.Aspects, guid)
			return c
		})
	})
}

// DeleteContact is pod.Shelves'.
func (s *Store) DeleteContact(ctx context.Context, account int64, guid string) error {
	return s.discard(ctx, contacts{}, account, guid, nil)
}

// DeleteBlock is pod.Shelves'.
func (s *Store) DeleteBlock(ctx context.Context, account int64, guid string) error {
	return s.discard(ctx, blocks{}, account, guid, nil)
}

// Which items own something.
const (
	hasPhoto = "EXISTS (SELECT 1 FROM post_photos WHERE post_photos.post_id = posts.id AND post_photos.photo = ?)"
	inAspect = "EXISTS (SELECT 1 FROM contact_aspects WHERE contact_aspects.contact_id = contacts.id AND contact_aspects.aspect = ?)"
)

// amend changes all items of the account that own something.
func (s *Store) amend(ctx context.Context, sh shelf, account int64, where, value string, change func(transfer.Item) transfer.Item) error {
	var list []placed
	var bad error
	q := s.db(ctx).Table(sh.table()).Where("account_id = ?", account).Where(where, value)
	err := sh.read(q, func(h head, item transfer.Item) bool {
		p := placed{head: head{GUID: h.GUID}, item: change(item), again: true}
		e, err := transfer.Encode(h.GUID, p.item)
		p.Digest, p.Size, bad = e.Digest, int64(len(e.Item)), err
		list = append(list, p)
		return err == nil
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return err
	}
	return s.put(ctx, sh, account, list)
}

func without(list []string, one string) (rest []string) {
	for _, s := range list {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}
