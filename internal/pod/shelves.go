package pod

import (
	"context"

	"podmove/transfer"
)

// Shelves keep what people write. Each call is of one account and never touches
// what is another's; what the account has not is ErrHidden. Whoever has moved
// away may delete, and is refused anything else with ErrNotActive.
type Shelves interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	CreatePost(ctx context.Context, account int64, p transfer.Post) (guid string, err error)
	EditPost(ctx context.Context, account int64, guid string, change func(transfer.Post) (transfer.Post, error)) error
	// DeletePost deletes a post with the photos that hang on no other.
	DeletePost(ctx context.Context, account int64, guid string) error

	// CreatePhoto writes a photo whose bytes are kept under a fresh name.
	CreatePhoto(ctx context.Context, account int64, p transfer.Photo) (Photo, error)
	EditPhoto(ctx context.Context, account int64, guid string, change func(transfer.Photo) (transfer.Photo, error)) error
	// DeletePhoto takes the photo off the posts that show it, too.
	DeletePhoto(ctx context.Context, account int64, guid string) error
	// OwnPhotos are an account's photos after a mark, newest first.
	OwnPhotos(ctx context.Context, account int64, after Mark, limit int) ([]OwnPhoto, error)

	Aspects(ctx context.Context, account int64) ([]Aspect, error)
	AddAspect(ctx context.Context, account int64, a transfer.Aspect) (guid string, err error)
	EditAspect(ctx context.Context, account int64, guid string, change func(transfer.Aspect) (transfer.Aspect, error)) error
	DeleteAspect(ctx context.Context, account int64, guid string) error

	// Contacts are those in an aspect, or all if that is empty, by their IDs
	// and after one of them.
	Contacts(ctx context.Context, account int64, aspect, after string, limit int) ([]Contact, error)
	Contact(ctx context.Context, account int64, guid string) (Contact, error)
	AddContact(ctx context.Context, account int64, c transfer.Contact) (guid string, err error)
	EditContact(ctx context.Context, account int64, guid string, change func(transfer.Contact) (transfer.Contact, error)) error
	DeleteContact(ctx context.Context, account int64, guid string) error
	// Known are the guids of the contact and of the block that are about a
	// person; empty where there is none.
	Known(ctx context.Context, account int64, person string) (contact, block string, err error)
	// People are the IDs of those with whom the account shares in any of the
	// aspects.
	People(ctx context.Context, account int64, aspects []string) ([]string, error)

	// Blocks are those after a person's ID.
	Blocks(ctx context.Context, account int64, after string, limit int) ([]Block, error)
	// Block notes a person whom the account does not want to hear of, and
	// takes them out of its contacts.
	Block(ctx context.Context, account int64, person string) error
	DeleteBlock(ctx context.Context, account int64, guid string) error

	UpdateProfile(ctx context.Context, account int64, p transfer.Profile) error
}

// An Aspect is a group of contacts.
type Aspect struct {
	GUID     string
	Item     transfer.Aspect
	Contacts int64 // in it
}

// A Contact is a person in an account's aspects.
type Contact struct {
	GUID string
	Item transfer.Contact
}

// A Block is a person whom an account does not want to hear of.
type Block struct {
	GUID string
	Item transfer.Block
}

// An OwnPhoto is a photo as its owner sees it.
type OwnPhoto struct {
	Photo
	Number int64 // row id, for marks
	Posts  int64 // that show it
}

// Mark is the place after the photo.
func (p OwnPhoto) Mark() Mark { return Mark{At: p.Item.CreatedAt.Time(), Number: p.Number} }
