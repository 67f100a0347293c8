package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

func TestWriteWithoutSomePhotos(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	m := filled(t, f)
	guid := f.Entries[transfer.Photos][0].GUID
	for what, content := range map[string]func() (io.ReadCloser, error){
		"is missing": func() (io.ReadCloser, error) { return nil, transfer.Errorf(transfer.ContentMissing, "gone") },
		"is damaged": func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil },
		"cannot be read": func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(f.Content[guid][:3]), failing{errors.New("the disk")})), nil
		},
	} {
		t.Run("names one that "+what+", and stops at nothing", func(t *testing.T) {
			whole := download(t, lossy{m.Reader(f.Owner), guid, content}, f.Owner)
			name := transfertest.Items[transfer.Photo](t, f)[guid].Name
			if text := string(unzipped(t, whole, "README.txt")); !strings.Contains(text, guid) || !strings.Contains(text, name) {
				t.Errorf("it is not named: %s", text)
			}
			if n := len(files(t, whole)); n != 2+len(f.Content)-1 {
				t.Errorf("%d files", n)
			}
			got := manifest(t, open(t, whole, nil))
			if n := got.Unsendable[string(transfer.Photos)]; n != 1 {
				t.Errorf("%v are unsendable", got.Unsendable)
			}
			if want := manifest(t, m.Reader(f.Owner)); !slices.Equal(got.Tallies[:5], want.Tallies[:5]) {
				t.Errorf("got %v, want %v", got.Tallies, want.Tallies)
			}
		})
	}
}

// lossy has one photo with other bytes than it should.
type lossy struct {
	transfer.Reader
	guid    string
	content func() (io.ReadCloser, error)
}

func (l lossy) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	if photo == l.guid {
		return l.content()
	}
	return l.Reader.Content(ctx, photo, from)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// breaking fails at the page or photo of that number.
type breaking struct {
	transfer.Reader
	left *int
}

var errBroken = errors.New("the database is away")

func (b breaking) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	if *b.left--; *b.left < 0 {
		return transfer.Page{}, errBroken
	}
	return b.Reader.Page(ctx, c, after, 7)
}

func (b breaking) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	if *b.left--; *b.left < 0 {
		return nil, errBroken
	}
	return b.Reader.Content(ctx, photo, from)
}

func TestWriteBreaksOff(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	m := filled(t, f)
	for n := 0; ; n++ {
		var out bytes.Buffer
		left := n
		err := archive.Write(t.Context(), &out, breaking{m.Reader(f.Owner), &left}, accountOf(f.Owner))
		if err == nil {
			if n < 20 {
				t.Errorf("it was whole after %d steps", n)
			}
			return
		}
		if !errors.Is(err, errBroken) {
			t.Fatalf("at step %d: %v", n, err)
		}
		if _, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())); err == nil {
			t.Errorf("what broke off at step %d looks whole", n)
		}
	}
}

func TestWriteStopsWithItsReader(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	for room := range 40 {
		out := &full{room: room * 100}
		if err := archive.Write(t.Context(), out, filled(t, f).Reader(f.Owner), accountOf(f.Owner)); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d bytes: %v", out.room, err)
		}
	}
}

var errFull = errors.New("full")

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// changing changes the account while it is read.
type changing struct {
	transfer.Reader
	change func(c transfer.Collection)
}

func (c changing) Page(ctx context.Context, of transfer.Collection, after transfer.Cursor, _ int) (transfer.Page, error) {
	p, err := c.Reader.Page(ctx, of, after, 5)
	c.change(of)
	return p, err
}

func TestWriteWhileTheAccountChanges(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	m := filled(t, f)
	n := 0
	r := changing{m.Reader(f.Owner), func(c transfer.Collection) {
		switch n++; {
		case c == transfer.Posts && n%2 == 0:
			m.Delete(f.Owner, c, f.Entries[c][n%len(f.Entries[c])].GUID)
		case c == transfer.Posts:
			_ = m.Put(f.Owner, f.Entries[c][n%len(f.Entries[c])].GUID, transfer.Post{CreatedAt: "2020-02-29T23:59:59.007Z", Text: fmt.Sprint(n)})
		case c == transfer.Photos && n == 2:
			m.Delete(f.Owner, c, f.Entries[c][0].GUID)
		}
	}}
	whole := download(t, r, f.Owner)
	got := open(t, whole, nil)
	for after := transfer.Cursor(""); ; {
		p, err := got.Page(t.Context(), transfer.Posts, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entries {
			if err := e.CheckWire(); err != nil || (e.Unsendable != "" && e.Unsendable != transfer.Duplicate) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		if p.CaughtUp {
			break
		}
		after = p.Next
	}
	if _, err := got.Manifest(t.Context()); err != nil {
		t.Error(err)
	}
}
