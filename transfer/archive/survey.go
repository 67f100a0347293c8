package archive

import (
	"context"
	"errors"
	"slices"
	"strings"

	"podmove/transfer"
)

// survey reads every item once: how many there are and how large they are,
// which were named before, and which bytes belong to which photo. The profile
// comes last, since its avatar is known by then.
func (r *Reader) survey(ctx context.Context) error {
	r.sizes = map[transfer.Collection]transfer.CollectionPlan{}
	r.again = map[transfer.Collection][]uint32{}
	r.why = map[string]string{}
	for _, c := range slices.Backward(transfer.Collections()) {
		if err := r.surveyOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) surveyOne(ctx context.Context, c transfer.Collection) error {
	w, err := r.walkFrom(ctx, c, 0)
	if err != nil {
		return err
	}
	t := tracker{room: sightings}
	defer t.close()
	for {
		d, ok, err := w.next(r)
		if err != nil {
			return err
		}
		if !ok && (c != transfer.Photos || !r.photos.settle()) {
			break
		}
		if !ok {
			continue
		}
		m, why := r.measure(d)
		r.photos.claim(d)
		r.note(r.reported(c, w.n-1, d.guid), why)
		if err := t.add(d.guid, m); err != nil {
			return err
		}
	}
	if r.sizes[c], r.again[c], err = t.done(c); err != nil {
		return err
	}
	for _, at := range r.again[c] {
		r.note(r.positional(c, int(at)), errTwice)
	}
	return nil
}

// maxNotes bounds how many items that cannot travel are spoken of.
const maxNotes = 1000

var errTwice = transfer.Errorf(transfer.Duplicate, "the archive has it twice, and the first one counts")

// note remembers in words why an item cannot travel. guid is that of its entry.
func (r *Reader) note(guid string, err error) {
	e, ok := errors.AsType[*transfer.Error](err)
	if ok && len(r.why) < maxNotes {
		r.why[guid] = e.Message
	}
}

// reported is the guid under which an item is spoken of.
func (r *Reader) reported(c transfer.Collection, at int, guid string) string {
	if guid == "" {
		return r.positional(c, at)
	}
	return guid
}

// measured is what one item adds to the plan.
type measured struct{ bytes, content uint32 }

var errLarge = transfer.Errorf(transfer.TooLarge, "it is larger than a page, %s", size(pageBytes))

// unknown stands for a digest, all of which are of one length.
var unknown = transfer.Digest(strings.Repeat("0", 64))

// measure also says why an item cannot travel.
func (r *Reader) measure(d draft) (m measured, err error) {
	if d.err != nil {
		return m, d.err
	}
	if photo, ok := d.item.(transfer.Photo); ok {
		photo.SHA256 = unknown
		d.item, m.content = photo, uint32(photo.Size)
	}
	e, err := transfer.Encode(d.guid, d.item)
	switch {
	case err != nil:
		return measured{}, err
	case len(e.Item) > pageBytes:
		return measured{}, errLarge
	}
	m.bytes = uint32(len(e.Item))
	return m, nil
}

// claim remembers that a photo has the bytes of its file. The first one counts.
func (p *photos) claim(d draft) {
	if d.file == nil {
		return
	}
	d.file.named = true
	if _, taken := p.byGUID[d.guid]; taken || d.guid == "" || d.err != nil {
		return
	}
	p.byGUID[d.guid] = d.file
	if d.file.guid == "" {
		d.file.guid = d.guid
	}
}

// settle finds, once, the files that no post names, and reports whether there
// are any.
func (p *photos) settle() bool {
	if p.loose != nil {
		return false
	}
	p.loose = []*photoFile{}
	for _, f := range p.sorted() {
		if !f.named {
			p.loose = append(p.loose, f)
		}
	}
	return len(p.loose) > 0
}

// avatar is the guid of the photo of that file name, if its bytes are here. An
// archive read again without its zip names the same photo as with it.
func (r *Reader) avatar(name string) string {
	if f, ok := r.photos.files[name]; ok {
		return f.guid
	}
	if r.photos.absent && transfer.ValidName(name) {
		return derived(transfer.Photos, r.owner.ID, name)
	}
	return ""
}
