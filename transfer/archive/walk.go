package archive

import (
	"context"

	"podmove/transfer"
)

// A walk goes through one collection from its beginning, and can be left
// standing between two pages.
type walk struct {
	collection transfer.Collection
	n          int // items read
	given      int // items that went onto pages
	in         *bounded
	scan       *scanner        // nil after the end of the section
	own        bool            // the section is one of Podmove's member
	values     int             // of the section, taken
	ahead      []draft         // read, but not given yet
	loose      int             // photos that no post names, taken
	held       *transfer.Entry // made, but not on a page yet
}

// walkFrom opens a walk that has n items behind it.
func (r *Reader) walkFrom(ctx context.Context, c transfer.Collection, n int) (*walk, error) {
	w := &walk{collection: c}
	place, ok := r.index.own[c]
	if w.own = ok; !ok {
		place, ok = r.index.sections[source(c)]
	}
	if ok {
		var err error
		if w.in, err = r.file.open(ctx, place.offset); err != nil {
			return nil, err
		}
		w.scan = newScanner(w.in, place.offset)
	}
	for range n {
		if err := w.pass(r); err != nil {
			return nil, err
		}
	}
	w.given = n
	return w, nil
}

// source is the collection in whose section the items of c stand.
func source(c transfer.Collection) transfer.Collection {
	if c == transfer.Photos {
		return transfer.Posts
	}
	return c
}

// pass goes over one item without reading it, if that can be done.
func (w *walk) pass(r *Reader) error {
	if w.collection == transfer.Photos || w.scan == nil {
		_, _, err := w.next(r)
		return err
	}
	if more, err := w.more(); err != nil || !more {
		return err
	}
	w.n++
	return w.scan.skip()
}

// more steps to the next value of the section.
func (w *walk) more() (bool, error) {
	if w.scan == nil {
		return false, nil
	}
	more, err := w.scan.more(w.values, '[', ']')
	if err == nil && !more {
		w.scan = nil
	}
	w.values++
	return more, err
}

// next is the next item, if there is one. Its place is w.n-1.
func (w *walk) next(r *Reader) (draft, bool, error) {
	for len(w.ahead) == 0 {
		read, err := w.read(r)
		if err != nil || !read {
			return draft{}, false, err
		}
	}
	d := w.ahead[0]
	w.ahead = w.ahead[1:]
	w.n++
	return d, true, nil
}

// read reads ahead by one value; it may hold no item, or several photos.
func (w *walk) read(r *Reader) (bool, error) {
	if w.collection == transfer.Profiles {
		if w.values++; w.values > 1 {
			return false, nil
		}
		w.ahead = append(w.ahead, r.draft(w.collection, r.index.profile))
		return true, nil
	}
	more, err := w.more()
	if err != nil {
		return false, err
	}
	if !more {
		return w.readLoose(r), nil
	}
	raw, err := w.scan.value(r.limits.ItemBytes)
	if err != nil {
		return false, err
	}
	switch {
	case w.own:
		w.ahead = append(w.ahead[:0], r.kept(w.collection, raw))
	case w.collection == transfer.Photos:
		w.ahead = r.photosIn(raw)
	default:
		w.ahead = append(w.ahead[:0], r.draft(w.collection, raw))
	}
	return true, nil
}

// readLoose reads the photos that no post names, after all others.
func (w *walk) readLoose(r *Reader) bool {
	if w.collection != transfer.Photos || w.loose == len(r.photos.loose) {
		return false
	}
	w.ahead = append(w.ahead[:0], r.loosePhoto(r.photos.loose[w.loose]))
	w.loose++
	return true
}

// peek is the next entry, which stays until held is cleared; nil at the end.
func (w *walk) peek(ctx context.Context, r *Reader) (*transfer.Entry, error) {
	if w.held != nil {
		return w.held, nil
	}
	d, ok, err := w.next(r)
	if err != nil || !ok {
		return nil, err
	}
	e, err := r.entry(ctx, w.collection, w.n-1, d)
	if err != nil {
		return nil, err
	}
	w.held = &e
	return w.held, nil
}

// hear lets the stream end with a context other than the one it began with.
func (w *walk) hear(ctx context.Context) {
	if w.in != nil {
		w.in.ctx = ctx
	}
}
