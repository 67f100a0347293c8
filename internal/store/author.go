package store

import (
	"context"
	"slices"

	"podmove/internal/pod"
	"podmove/transfer"
)

// extensions of photos' file names, by type.
var extensions = map[string]string{
	"image/jpeg": ".jpeg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
}

// CreatePost writes a post of the account and answers its guid. Recipients may
// come in any order. A *transfer.Error says what is wrong with it.
func (s *Store) CreatePost(ctx context.Context, account int64, p transfer.Post) (guid string, err error) {
	slices.Sort(p.Audience)
	p.Audience = slices.Compact(p.Audience)
	return s.create(ctx, account, placed{item: p})
}

// CreatePhoto writes a photo whose bytes are kept, under a file name of its own,
// whatever p.Name says.
func (s *Store) CreatePhoto(ctx context.Context, account int64, p transfer.Photo) (pod.Photo, error) {
	p.Name = freshFile(extensions[p.Type])
	made := pod.Photo{Account: account, File: p.Name, Item: p}
	err := s.InTx(ctx, func(ctx context.Context) (err error) {
		if made.GUID, err = s.create(ctx, account, placed{item: p, file: p.Name}); err != nil {
			return err
		}
		return s.NoteBlob(ctx, p.SHA256, p.Size)
	})
	return made, err
}

// AddBlock notes a person whom the account does not want to hear of. One whom
// it blocks already is ErrConflict.
func (s *Store) AddBlock(ctx context.Context, account int64, b transfer.Block) (guid string, err error) {
	return s.create(ctx, account, placed{item: b})
}

// AddAspect makes a group for contacts.
func (s *Store) AddAspect(ctx context.Context, account int64, a transfer.Aspect) (guid string, err error) {
	return s.create(ctx, account, placed{item: a})
}

// AddContact adds a person whom the account has not among its contacts; else
// ErrConflict. Aspects may come in any order.
func (s *Store) AddContact(ctx context.Context, account int64, c transfer.Contact) (guid string, err error) {
	slices.Sort(c.Aspects)
	c.Aspects = slices.Compact(c.Aspects)
	return s.create(ctx, account, placed{item: c})
}

// UpdateProfile replaces what the account says of its person. From then on no
// move replaces it unasked (Protocol §3.9).
func (s *Store) UpdateProfile(ctx context.Context, account int64, p transfer.Profile) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.open(ctx, account); err != nil {
			return err
		}
		row := placed{item: p, again: true, written: true}
		there, err := profiles{}.standing(ctx, s, account, nil, nil)
		if err != nil {
			return err
		}
		row.GUID = freshGUID()
		if len(there) > 0 {
			row.GUID = there[0].GUID
		}
		return s.write(ctx, account, row)
	})
}

// DeletePost deletes a post of the account with the photos that hang on no
// other, as diaspora* does. pod.ErrHidden if the account has no such post.
func (s *Store) DeletePost(ctx context.Context, account int64, guid string) error {
	return s.discard(thawed(ctx), posts{}, account, guid, nil)
}

// create writes a new item under a fresh guid.
func (s *Store) create(ctx context.Context, account int64, p placed) (string, error) {
	p.GUID = freshGUID()
	return p.GUID, s.InTx(ctx, func(ctx context.Context) error {
		if err := s.open(ctx, account); err != nil {
			return err
		}
		return s.write(ctx, account, p)
	})
}

// write encodes an item that was made here, and puts it.
func (s *Store) write(ctx context.Context, account int64, p placed) error {
	e, err := transfer.Encode(p.GUID, p.item)
	if err != nil {
		return err
	}
	p.Digest, p.Size = e.Digest, int64(len(e.Item))
	sh, err := shelfOf(p.item.Collection())
	if err != nil {
		return err
	}
	return s.put(ctx, sh, account, []placed{p})
}
