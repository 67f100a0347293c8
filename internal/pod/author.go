package pod

import (
	"context"
	"strings"
	"time"

	"podmove/internal/blob"
	"podmove/transfer"
)

// An Author is what the owner of an account may write, and how.
type Author struct {
	Shelves  Shelves
	Library  Library
	Blobs    blob.Store
	MaxPhoto int64  // bytes
	Host     string // the part of this pod's diaspora* IDs after the @
	Now      func() time.Time
	Slots    chan struct{} // uploads being read at once: each may take 400 MB and a core
}

// A Draft is a post as somebody writes it.
type Draft struct {
	Text    string
	Public  bool
	Aspects []string // guids, for whom it is if it is not public
	Photos  []string // guids, in order
}

// maxPostPhotos is the most photos that a post written here shows.
const maxPostPhotos = 50

// check says what is wrong with what a draft would make of a post, as a
// Refusal: one with a poll, or a reshare, says something without a text, and
// one that came with many photos may keep them.
func (d Draft) check(of transfer.Post) error {
	switch {
	case strings.TrimSpace(d.Text) == "" && len(d.Photos) == 0 && of.Poll == nil && of.Root == nil:
		return Refusal{Text, "A post needs some text or a photo."}
	case len(d.Photos) > max(maxPostPhotos, len(of.Photos)):
		return Refusal{Photos, "A post shows at most 50 photos."}
	}
	return checkText(d.Text)
}

func checkText(text string) error {
	switch err := transfer.CheckText(text, transfer.MaxText); transfer.CodeOf(err) {
	case "":
		return nil
	case transfer.TextTooLong:
		return Refusal{Text, "A text has at most 65,535 characters."}
	default:
		return Refusal{Text, "The text holds a character that cannot be stored."}
	}
}

// plain is a text as it is stored: browsers send line ends as CR LF.
func plain(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// Post writes a post and answers its guid. Its audience is whoever is in the
// aspects now, and stays so (Protocol §3.6).
func (a *Author) Post(ctx context.Context, account int64, d Draft) (guid string, err error) {
	d.Text = plain(d.Text)
	if err := d.check(transfer.Post{}); err != nil {
		return "", err
	}
	if !d.Public && len(d.Aspects) == 0 {
		return "", Refusal{Audience, "Choose at least one aspect, or make the post public."}
	}
	err = a.Shelves.InTx(ctx, func(ctx context.Context) error {
		if err := a.mine(ctx, account, d.Photos); err != nil {
			return err
		}
		post := transfer.Post{Text: d.Text, Public: d.Public, Photos: d.Photos, CreatedAt: transfer.TimeOf(a.Now())}
		if !d.Public {
			if post.Audience, err = a.Shelves.People(ctx, account, d.Aspects); err != nil {
				return err
			}
		}
		guid, err = a.Shelves.CreatePost(ctx, account, post)
		return err
	})
	return guid, err
}

// mine refuses photos that the account has not, or that are named twice.
func (a *Author) mine(ctx context.Context, account int64, guids []string) error {
	if len(guids) == 0 {
		return nil
	}
	list, err := a.Library.VisiblePhotos(ctx, account, guids, Viewer{Account: account})
	if err == nil && len(list) != len(guids) {
		err = Refusal{Photos, "A photo of this post is not here any more. Choose it again."}
	}
	return err
}

// Edit gives a post another text and other photos. For whom it is stays as it
// was when it was posted.
func (a *Author) Edit(ctx context.Context, account int64, guid string, d Draft) error {
	d.Text = plain(d.Text)
	return a.Shelves.InTx(ctx, func(ctx context.Context) error {
		if err := a.mine(ctx, account, d.Photos); err != nil {
			return err
		}
		return a.Shelves.EditPost(ctx, account, guid, func(p transfer.Post) (transfer.Post, error) {
			err := d.check(p)
			p.Text, p.Photos = d.Text, d.Photos
			return p, err
		})
	})
}

// Introduce replaces what a person says of themself.
func (a *Author) Introduce(ctx context.Context, account int64, p transfer.Profile) error {
	p.Bio = plain(p.Bio)
	if p.Birthday != "" {
		if _, err := time.Parse(time.DateOnly, p.Birthday); err != nil {
			return Refusal{Name, "A birthday is a date."}
		}
	}
	if len(p.Tags) > 5 {
		return Refusal{Name, "A profile has at most five tags."}
	}
	if err := p.Check(); err != nil {
		return Refusal{Name, "One of the texts is too long, or holds a character that cannot be stored."}
	}
	return a.Shelves.UpdateProfile(ctx, account, p)
}
