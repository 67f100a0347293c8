package destination_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

// A liar is a Reader whose pages and contents can be changed on the way.
type liar struct {
	transfer.Reader
	page    func(p *transfer.Page) error
	content func(guid string) error
}

func (l liar) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	p, err := l.Reader.Page(ctx, c, after, limit)
	if err == nil && l.page != nil {
		err = l.page(&p)
	}
	return p, err
}

func (l liar) Content(ctx context.Context, guid string, from int64) (io.ReadCloser, error) {
	if l.content != nil {
		if err := l.content(guid); err != nil {
			return nil, err
		}
	}
	return l.Reader.Content(ctx, guid, from)
}

// old is a Reader of a pod that holds the fixture.
func old(t *testing.T) (transfer.Reader, transfertest.Fixture) {
	t.Helper()
	f, m := transfertest.Made(transfertest.Aurora), transfertest.NewMemory()
	transfertest.Fill(t, m.Writer(t, f.Owner, f.Owner), f)
	return m.Reader(f.Owner), f
}

func bounds(t *testing.T, r transfer.Reader) destination.Bounds {
	t.Helper()
	plan, err := r.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := destination.BoundsOf(plan)
	b.PageItems, b.PhotoItems = 7, 3
	return b
}

const here = "aurora-here"

func TestCopy(t *testing.T) {
	r, f := old(t)
	m := transfertest.NewMemory()
	w := m.Writer(t, here, f.Owner)
	seen := map[transfer.Collection]int{}
	see := func(c transfer.Collection, list []transfer.Outcome) {
		for _, o := range list {
			if !o.Result.Arrived() {
				t.Errorf("%s: %+v", c, o)
			}
		}
		seen[c] += len(list)
	}
	if err := destination.Copy(t.Context(), w, r, bounds(t, r), see); err != nil {
		t.Fatal(err)
	}
	t.Run("brings everything, and shows each outcome", func(t *testing.T) {
		for c, want := range f.Entries {
			if got := len(m.Items(t, here, c)); got != len(want) || seen[c] != len(want) {
				t.Errorf("%s: %d here, %d shown, want %d", c, got, seen[c], len(want))
			}
		}
	})
	t.Run("leaves tallies that equal the manifest", func(t *testing.T) {
		manifest, err := r.Manifest(t.Context())
		came, arrived, err2 := w.Tally(t.Context())
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(came, manifest.Tallies) || !slices.Equal(arrived, manifest.Tallies) {
			t.Errorf("came %v, arrived %v, manifest %v", came, arrived, manifest.Tallies)
		}
	})
	t.Run("brings nothing when called again", func(t *testing.T) {
		clear(seen)
		err := destination.Copy(t.Context(), w, r, bounds(t, r), see)
		if err != nil || len(seen) != 0 && seen[transfer.Posts] != 0 {
			t.Errorf("%v, %v", seen, err)
		}
	})
}

func TestCopyInPieces(t *testing.T) {
	r, f := old(t)
	m := transfertest.NewMemory()
	w := m.Writer(t, here, f.Owner)
	b := bounds(t, r)
	b.Until = time.Unix(1, 0) // over before it begins: one page a call
	pages := 0
	for ; pages < 100; pages++ {
		if err := destination.Copy(t.Context(), w, r, b, nil); err == nil {
			break
		} else if !errors.Is(err, destination.ErrPaused) {
			t.Fatal(err)
		}
	}
	if got := len(m.Items(t, here, transfer.Posts)); pages < 5 || got != len(f.Entries[transfer.Posts]) {
		t.Errorf("%d posts in %d pieces", got, pages)
	}
}

// TestCopyFromALiar: each breach stops the copy, and nothing of the page in
// which it stood is stored, nor anything after it.
func TestCopyFromALiar(t *testing.T) {
	second := func(change func(p *transfer.Page)) func(*transfer.Page) error {
		return func(p *transfer.Page) error {
			if p.Collection == transfer.Posts && p.After != "" {
				change(p)
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		lie  func(*transfer.Page) error
		want transfer.Code
	}{
		"refuses a cursor that does not advance": {second(func(p *transfer.Page) { p.Next = p.After }), transfer.CursorStuck},
		"refuses a cursor that is empty":         {second(func(p *transfer.Page) { p.Next = "" }), transfer.CursorStuck},
		"refuses a number that does not rise":    {second(func(p *transfer.Page) { p.Through = 1 }), transfer.CursorStuck},
		"refuses another collection":             {second(func(p *transfer.Page) { p.Collection = transfer.Blocks }), transfer.AnswerInvalid},
		"passes a breach of the wire on": {func(p *transfer.Page) error {
			if p.Collection == transfer.Posts && p.After != "" {
				return transfer.Errorf(transfer.DigestWrong, "wrong")
			}
			return nil
		}, transfer.DigestWrong},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := old(t)
			m := transfertest.NewMemory()
			w := m.Writer(t, here, f.Owner)
			err := destination.Copy(t.Context(), w, liar{Reader: r, page: c.lie}, bounds(t, r), nil)
			if transfer.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if posts, photos := len(m.Items(t, here, transfer.Posts)), len(m.Items(t, here, transfer.Photos)); posts != 7 || photos != 0 {
				t.Errorf("%d posts and %d photos were stored, want the first page of posts alone", posts, photos)
			}
			if err := destination.Copy(t.Context(), w, r, bounds(t, r), nil); err != nil {
				t.Errorf("the truth afterwards: %v", err)
			}
		})
	}
}

func TestCopyWithoutEnd(t *testing.T) {
	r, f := old(t)
	// A source that goes round in a circle of two cursors, and one that makes
	// up item after item.
	t.Run("leaves a circle of cursors", func(t *testing.T) {
		var n atomic.Int64
		round := func(p *transfer.Page) error {
			p.CaughtUp = false
			p.Next = transfer.Cursor(fmt.Sprintf("cursor-%d", n.Add(1)%2))
			return nil
		}
		circle := liar{Reader: blind{r}, page: round}
		err := destination.Copy(t.Context(), transfertest.NewMemory().Writer(t, here, f.Owner), circle, bounds(t, r), nil)
		if transfer.CodeOf(err) != transfer.CursorStuck {
			t.Errorf("got %v", err)
		}
	})
	for _, steps := range []int64{1, 2, 3, 7} {
		t.Run(fmt.Sprintf("leaves a circle of %d cursors whose numbers rise", steps), func(t *testing.T) {
			pages := int64(0)
			round := func(p *transfer.Page) error {
				pages++
				p.CaughtUp, p.Through, p.Next = false, pages, transfer.Cursor(fmt.Sprintf("cursor-%d", pages%steps))
				return nil
			}
			circle := liar{Reader: blind{r}, page: round}
			err := destination.Copy(t.Context(), transfertest.NewMemory().Writer(t, here, f.Owner), circle, bounds(t, r), nil)
			if transfer.CodeOf(err) != transfer.CursorStuck || pages > 4*steps+2 {
				t.Errorf("got %v after %d pages", err, pages)
			}
		})
	}
	t.Run("stops a source that sends more and more", func(t *testing.T) {
		var n atomic.Int64
		made := func(p *transfer.Page) error {
			p.CaughtUp, p.Through = false, n.Add(1)
			p.Next = transfer.Cursor(fmt.Sprintf("cursor-%d", p.Through))
			for i := range p.Entries {
				p.Entries[i].GUID = fmt.Sprintf("%016d%016d", p.Through, i)
			}
			return nil
		}
		m := transfertest.NewMemory()
		err := destination.Copy(t.Context(), m.Writer(t, here, f.Owner), liar{Reader: blind{r}, page: made}, bounds(t, r), nil)
		if transfer.CodeOf(err) != transfer.BeyondPlan {
			t.Errorf("got %v", err)
		}
	})
	t.Run("counts what earlier calls took", func(t *testing.T) {
		b := bounds(t, r)
		b.Taken = map[transfer.Collection]destination.Taken{transfer.Posts: {Entries: 1 << 20}}
		err := destination.Copy(t.Context(), transfertest.NewMemory().Writer(t, here, f.Owner), r, b, nil)
		if transfer.CodeOf(err) != transfer.BeyondPlan {
			t.Errorf("got %v", err)
		}
	})
}

// blind reads every page from the beginning.
type blind struct{ transfer.Reader }

func (b blind) Page(ctx context.Context, c transfer.Collection, _ transfer.Cursor, limit int) (transfer.Page, error) {
	return b.Reader.Page(ctx, c, "", limit)
}

func TestCopyOfPhotos(t *testing.T) {
	r, f := old(t)
	bad := f.Entries[transfer.Photos][1].GUID
	for name, c := range map[string]struct {
		trouble transfer.Code
		failed  transfer.Code // "": the copy stops
	}{
		"fails a photo that is gone alone":           {transfer.NotFound, transfer.ContentMissing},
		"fails a photo with other bytes alone":       {transfer.ContentDiffers, transfer.ContentDiffers},
		"stops when the pod does not answer":         {transfer.PodUnreachable, ""},
		"stops when the pod asks to come back later": {transfer.RateLimited, ""},
		"stops when the consent is gone":             {transfer.TokenInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := transfertest.NewMemory()
			outcomes := map[string]transfer.Outcome{}
			see := func(_ transfer.Collection, list []transfer.Outcome) {
				for _, o := range list {
					outcomes[o.GUID] = o
				}
			}
			lie := func(guid string) error {
				if guid == bad {
					return transfer.Errorf(c.trouble, "trouble")
				}
				return nil
			}
			err := destination.Copy(t.Context(), m.Writer(t, here, f.Owner), liar{Reader: r, content: lie}, bounds(t, r), see)
			if c.failed == "" {
				if _, stored := outcomes[bad]; transfer.CodeOf(err) != c.trouble || stored {
					t.Errorf("got %v, stored %v", err, stored)
				}
				return
			}
			if got := outcomes[bad]; err != nil || got.Result != transfer.Failed || got.Reason != c.failed {
				t.Errorf("got %+v, %v", got, err)
			}
			if got := len(m.Items(t, here, transfer.Photos)); got != len(f.Entries[transfer.Photos])-1 {
				t.Errorf("%d photos arrived of %d", got, len(f.Entries[transfer.Photos]))
			}
		})
	}
	t.Run("fails what is no photo alone", func(t *testing.T) {
		m := transfertest.NewMemory()
		var refused []transfer.Outcome
		err := destination.Copy(t.Context(), m.Writer(t, here, f.Owner), disguised{r, bad}, bounds(t, r), func(_ transfer.Collection, list []transfer.Outcome) {
			for _, o := range list {
				if o.Reason == transfer.ContentRefused {
					refused = append(refused, o)
				}
			}
		})
		if err != nil || len(refused) != 1 || refused[0].GUID != bad || refused[0].Result != transfer.Failed {
			t.Errorf("got %v, %+v", err, refused)
		}
	})
	t.Run("fails a photo over the bound alone, without asking for it", func(t *testing.T) {
		b := bounds(t, r)
		b.PhotoBytes = 1
		asked := 0
		m := transfertest.NewMemory()
		err := destination.Copy(t.Context(), m.Writer(t, here, f.Owner), liar{Reader: r, content: func(string) error { asked++; return nil }}, b,
			func(c transfer.Collection, list []transfer.Outcome) {
				for _, o := range list {
					if c == transfer.Photos && o.Reason != transfer.ContentTooLarge {
						t.Errorf("got %+v", o)
					}
				}
			})
		if err != nil || asked != 0 {
			t.Errorf("asked %d times, %v", asked, err)
		}
	})
}

// disguised announces a page of HTML as one of its photos.
type disguised struct {
	transfer.Reader
	photo string
}

const script = "<!doctype html><script>alert(1)</script>"

func (d disguised) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	p, err := d.Reader.Page(ctx, c, after, limit)
	for i, e := range p.Entries {
		if e.GUID != d.photo || c != transfer.Photos {
			continue
		}
		photo, err := transfer.Decode[transfer.Photo](e)
		if err != nil {
			return p, err
		}
		photo.SHA256, photo.Size = transfer.Sum([]byte(script)), int64(len(script))
		if p.Entries[i], err = transfer.Encode(e.GUID, photo); err != nil {
			return p, err
		}
	}
	return p, err
}

func (d disguised) Content(ctx context.Context, guid string, from int64) (io.ReadCloser, error) {
	if guid == d.photo {
		return io.NopCloser(strings.NewReader(script[from:])), nil
	}
	return d.Reader.Content(ctx, guid, from)
}

// TestCopyInOrder: blocks travel before whatever could show the account to whom
// it blocked, in whatever order the source announces them (Protocol §2.4, §3.1).
func TestCopyInOrder(t *testing.T) {
	var plan transfer.Plan
	for _, c := range slices.Backward(transfer.Collections()) {
		plan.Collections = append(plan.Collections, transfer.CollectionPlan{Collection: c})
	}
	got := destination.BoundsOf(plan).Collections
	if !slices.Equal(got, transfer.Collections()) || !slices.Equal(got[:2], []transfer.Collection{transfer.Profiles, transfer.Blocks}) {
		t.Errorf("they travel as %v", got)
	}
}
