package archive

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"podmove/transfer"
)

// An Account is what an archive says of the account beside its items.
type Account struct {
	Owner
	Email    string
	Language string
	At       time.Time // when it is written
	// Readme is the text for the person who opens the zip. It names what could
	// not be put in: some of it, and how much more there is.
	Readme func(lacking []Lack, more int) string
}

// A Lack is an item that could not be put into an archive, or a photo whose
// bytes could not.
type Lack struct {
	Collection transfer.Collection
	GUID       string
	Name       string // of a photo's file, if it is known
	Why        transfer.Code
}

const (
	pageItems = 500     // asked for at once
	maxPhotos = 130_000 // of which the zip's list stays within what Limits.Directory reads
	maxLacks  = 1000    // that are named
	maxGroups = 10_000  // whose names contacts are given
)

// Write writes the account that r reads as a zip: account.json, which is a
// diaspora* archive 2.0, a folder of photos, and a text that explains them. Open
// reads it again, to the same items.
//
// Each item is as it was when it was read. What cannot be put in is named in the
// text and stops nothing. After an error what was written is no zip, since its
// list of files is missing; errors from before anything is written are
// *transfer.Error with words for the person.
//
// Memory does not grow with the posts; of each photo a few hundred bytes are
// held, as the zip's own list holds them.
func Write(ctx context.Context, out io.Writer, r transfer.Reader, a Account) error {
	plan, err := r.Plan(ctx)
	if err != nil {
		return err
	}
	for _, c := range plan.Collections {
		if c.Collection == transfer.Photos && c.Count > maxPhotos {
			return transfer.Errorf(transfer.TooLarge, "This account has more than %d photos, which is more than one zip file can hold.", maxPhotos)
		}
	}
	w := writer{Account: a, from: r, zip: zip.NewWriter(out), album: newAlbum()}
	if err := w.writeAccount(ctx); err != nil {
		return err
	}
	for _, p := range w.album.list {
		if err := w.writePhoto(ctx, p); err != nil {
			return err
		}
	}
	if err := w.writeReadme(); err != nil {
		return err
	}
	return w.zip.Close()
}

// A writer writes one archive.
type writer struct {
	Account
	from    transfer.Reader
	zip     *zip.Writer
	out     *bufio.Writer // account.json
	album   *album
	groups  map[string]string // names of the aspects, by guid
	lacking []Lack
	more    int
}

func (w *writer) lack(l Lack) {
	if len(w.lacking) == maxLacks {
		w.more++
		return
	}
	w.lacking = append(w.lacking, l)
}

func (w *writer) file(name string) (io.Writer, error) {
	return w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.At})
}

func (w *writer) writeReadme() error {
	out, err := w.file(readmeFile)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, w.Readme(w.lacking, w.more))
	return err
}

// writeAccount writes the JSON. The photos come before the posts, which say what
// is on them, and before the profile, which shows one.
func (w *writer) writeAccount(ctx context.Context) error {
	out, err := w.file(accountFile)
	if err != nil {
		return err
	}
	w.out = bufio.NewWriterSize(out, 64<<10)
	if err := w.writeOwn(ctx); err != nil {
		return err
	}
	if err := w.writeUser(ctx); err != nil {
		return err
	}
	return w.out.Flush()
}

// writeOwn writes Podmove's member.
func (w *writer) writeOwn(ctx context.Context) error {
	w.out.WriteString(`{"version":"2.0","` + ownMember + `":{"format":`)
	if err := w.value(transfer.Format); err != nil {
		return err
	}
	if err := w.list(ctx, string(transfer.Photos), transfer.Photos, w.photo); err != nil {
		return err
	}
	err := w.list(ctx, string(transfer.Blocks), transfer.Blocks, func(e transfer.Entry) (any, error) { return keep(e), nil })
	w.out.WriteString("},\n")
	return err
}

func (w *writer) writeUser(ctx context.Context) error {
	for _, m := range [][2]string{{`"user":{"username":`, w.Username}, {`,"email":`, w.Email}, {`,"language":`, w.Language}} {
		w.out.WriteString(m[0])
		if err := w.value(m[1]); err != nil {
			return err
		}
	}
	w.out.WriteString(settings)
	if err := w.writeProfile(ctx); err != nil {
		return err
	}
	for _, l := range []struct {
		name string
		of   transfer.Collection
		each func(transfer.Entry) (any, error)
	}{
		{"blocks", transfer.Blocks, w.block},
		{"contact_groups", transfer.Aspects, w.group},
		{"contacts", transfer.Contacts, w.contact},
		{"posts", transfer.Posts, w.post},
	} {
		if err := w.list(ctx, l.name, l.of, l.each); err != nil {
			return err
		}
	}
	w.out.WriteString(`,"relayables":[],"followed_tags":[],"post_subscriptions":[]},"others_data":{"relayables":[]}}` + "\n")
	return nil
}

// value writes a value, and ends the line.
func (w *writer) value(v any) error {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// list writes a member with what each makes of the items of a collection; nil
// is left out.
func (w *writer) list(ctx context.Context, name string, c transfer.Collection, each func(transfer.Entry) (any, error)) error {
	w.out.WriteString(`,"` + name + `":[`)
	separator := ""
	err := w.each(ctx, c, func(e transfer.Entry) error {
		v, err := each(e)
		if err != nil || v == nil {
			return err
		}
		w.out.WriteString(separator)
		separator = ","
		return w.value(v)
	})
	w.out.WriteString("]")
	return err
}

// each reads a collection to its end. An item that is changed meanwhile comes
// again; whoever reads the archive takes it as it came first.
func (w *writer) each(ctx context.Context, c transfer.Collection, visit func(transfer.Entry) error) error {
	for after := transfer.Cursor(""); ; {
		p, err := w.from.Page(ctx, c, after, pageItems)
		if err != nil {
			return err
		}
		for _, e := range p.Entries {
			if err := w.visit(c, e, visit); err != nil {
				return err
			}
		}
		if p.CaughtUp {
			return nil
		}
		after = p.Next
	}
}

func (w *writer) visit(c transfer.Collection, e transfer.Entry, visit func(transfer.Entry) error) error {
	switch {
	case e.Deleted: // while this was written
		return nil
	case e.Unsendable != "":
		w.lack(Lack{Collection: c, GUID: e.GUID, Why: e.Unsendable})
		return nil
	}
	return visit(e)
}
