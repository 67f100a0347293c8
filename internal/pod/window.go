package pod

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"podmove/transfer"
)

// A Library is what people wrote, as a viewer may see it. What the viewer may
// not see is ErrHidden, or not in the list.
type Library interface {
	Account(ctx context.Context, id int64) (Account, error)
	AccountNamed(ctx context.Context, username string) (Account, error)
	AccountWithGUID(ctx context.Context, guid string) (Account, error)
	Profile(ctx context.Context, account int64) (transfer.Profile, error)
	VisiblePost(ctx context.Context, key PostKey, v Viewer) (Post, error)
	// VisiblePosts are an account's posts after a mark, newest first.
	VisiblePosts(ctx context.Context, account int64, v Viewer, after Mark, limit int) ([]Post, error)
	// VisiblePhoto finds a photo by its file name.
	VisiblePhoto(ctx context.Context, file string, v Viewer) (Photo, error)
	// VisiblePhotos are those of an account's photos among guids, in no order.
	VisiblePhotos(ctx context.Context, account int64, guids []string, v Viewer) ([]Photo, error)
	// Rewrite answers how an address in an account's posts is shown on the pod
	// whose origin is here (Protocol §3.4).
	Rewrite(ctx context.Context, account int64, here string) (func(address string) string, error)
	// BroughtFrom are the pods' URLs from which moves brought an account's posts
	// among guids.
	BroughtFrom(ctx context.Context, account int64, guids []string) (map[string]string, error)
}

// A Window is the pod as its viewers see it.
type Window struct {
	Library
	Host string // the part of the pod's diaspora* IDs after the @
}

// A Person is an account and as much of its profile as the viewer may see.
type Person struct {
	Account
	ID      string // diaspora* ID
	Name    string // what to call them; never empty
	Profile transfer.Profile
	Avatar  string // file name of a photo; empty if there is none to show
}

// A Shown is a post with all that is shown of it.
type Shown struct {
	Post
	Author Person
	Photos []Photo // in order, those that are here
}

// Named is the person with that username. A closed account is ErrHidden.
func (w Window) Named(ctx context.Context, username string, v Viewer) (Person, error) {
	a, err := w.AccountNamed(ctx, username)
	return w.person(ctx, a, err, v)
}

// WithGUID is the person with that GUID. A closed account is ErrHidden.
func (w Window) WithGUID(ctx context.Context, guid string, v Viewer) (Person, error) {
	a, err := w.AccountWithGUID(ctx, guid)
	return w.person(ctx, a, err, v)
}

func (w Window) person(ctx context.Context, a Account, err error, v Viewer) (Person, error) {
	if errors.Is(err, ErrNoAccount) || a.State == Closed {
		return Person{}, ErrHidden
	}
	if err != nil {
		return Person{}, err
	}
	profile, err := w.Profile(ctx, a.ID)
	if err != nil {
		return Person{}, err
	}
	p := Person{Account: a, ID: a.Username + "@" + w.Host, Profile: profile}
	p.Name = cmp.Or(strings.TrimSpace(profile.FirstName+" "+profile.LastName), a.Username)
	if !profile.Public && v.Account != a.ID {
		p.Profile.Bio, p.Profile.Birthday, p.Profile.Gender, p.Profile.Location = "", "", "", ""
	}
	if profile.Avatar == "" {
		return p, nil
	}
	avatar, err := w.VisiblePhotos(ctx, a.ID, []string{profile.Avatar}, v)
	if len(avatar) == 1 {
		p.Avatar = avatar[0].File
	}
	return p, err
}

// Post is one post.
func (w Window) Post(ctx context.Context, key PostKey, v Viewer) (Shown, error) {
	post, err := w.VisiblePost(ctx, key, v)
	if err != nil {
		return Shown{}, err
	}
	account, err := w.Account(ctx, post.Account)
	author, err := w.person(ctx, account, err, v)
	if err != nil {
		return Shown{}, err
	}
	list, err := w.withPhotos(ctx, author, []Post{post}, v)
	if err != nil {
		return Shown{}, err
	}
	return list[0], nil
}

// Posts are a person's posts after a mark, newest first.
func (w Window) Posts(ctx context.Context, author Person, v Viewer, after Mark, limit int) ([]Shown, error) {
	posts, err := w.VisiblePosts(ctx, author.Account.ID, v, after, limit)
	if err != nil {
		return nil, err
	}
	return w.withPhotos(ctx, author, posts, v)
}

// withPhotos asks for the photos of all posts at once. One that has not come
// yet, or failed to, is left out.
func (w Window) withPhotos(ctx context.Context, author Person, posts []Post, v Viewer) ([]Shown, error) {
	var guids []string
	for _, p := range posts {
		guids = append(guids, p.Item.Photos...)
	}
	photos, err := w.VisiblePhotos(ctx, author.Account.ID, guids, v)
	if err != nil {
		return nil, err
	}
	named := make(map[string]Photo, len(photos))
	for _, p := range photos {
		named[p.GUID] = p
	}
	list := make([]Shown, len(posts))
	for i, p := range posts {
		list[i] = Shown{Post: p, Author: author}
		for _, guid := range p.Item.Photos {
			if photo, ok := named[guid]; ok {
				list[i].Photos = append(list[i].Photos, photo)
			}
		}
	}
	return list, nil
}

// Mark is the place after the post.
func (p Post) Mark() Mark { return Mark{At: p.Item.CreatedAt.Time(), Number: p.Number} }
