package archive

import (
	"bytes"
	"cmp"
	"encoding/json"

	"podmove/transfer"
)

// ownMember is the member in which Podmove writes what diaspora*'s format has no
// words for; diaspora* passes over it. At the top of an archive it holds the
// format of the items, the photos and the blocks; in a profile, an aspect, a
// contact or a post it is the item itself.
const ownMember = "podmove"

// kept is an item as it travels.
type kept struct {
	GUID string          `json:"guid"`
	File string          `json:"file,omitempty"` // of a photo, in the zip; empty if it is the photo's name
	Item json.RawMessage `json:"item"`
}

// own is the item that stands beside diaspora*'s words, if one does.
func own(c transfer.Collection, raw []byte) (draft, bool) {
	if !bytes.Contains(raw, []byte(`"`+ownMember+`"`)) {
		return draft{}, false // this spares reading most posts once more
	}
	var beside struct {
		Own *kept `json:"podmove"`
	}
	if err := parse(raw, &beside); err != nil || beside.Own == nil {
		return draft{}, false
	}
	return beside.Own.draft(c), true
}

// kept reads one value of a section of Podmove's member.
func (r *Reader) kept(c transfer.Collection, raw []byte) draft {
	if raw == nil {
		return r.tooLarge()
	}
	var k kept
	if err := parse(raw, &k); err != nil {
		return draft{err: err}
	}
	d := k.draft(c)
	photo, ok := d.item.(transfer.Photo)
	if !ok || d.err != nil {
		return d
	}
	// What the bytes are is for them to say; their digest is compared when the
	// photo is sent.
	if d.file, d.err = r.fileOf(cmp.Or(k.File, photo.Name)); d.err == nil {
		photo.Type, _, _, _ = d.file.look(r.limits.PhotoBytes)
		photo.Size = int64(d.file.zip.UncompressedSize64)
	}
	d.item = photo
	return d
}

func (k kept) draft(c transfer.Collection) draft {
	switch c {
	case transfer.Profiles:
		return draftOf[transfer.Profile](k)
	case transfer.Blocks:
		return draftOf[transfer.Block](k)
	case transfer.Aspects:
		return draftOf[transfer.Aspect](k)
	case transfer.Contacts:
		return draftOf[transfer.Contact](k)
	case transfer.Photos:
		return draftOf[transfer.Photo](k)
	}
	return draftOf[transfer.Post](k)
}

func draftOf[T transfer.Item](k kept) draft {
	if !transfer.ValidGUID(k.GUID) {
		return draft{err: transfer.Errorf(transfer.GUIDInvalid, "%.80q is not a guid", k.GUID)}
	}
	var item T
	err := parse(k.Item, &item)
	return draft{guid: k.GUID, item: item, err: err}
}

// lookAtOwn is for the members of Podmove's member at the top.
func (r *Reader) lookAtOwn(s *scanner, name string) error {
	switch name {
	case "format":
		var format int
		if err := s.decode(&format); err != nil {
			return err
		}
		if format > transfer.Format {
			return invalid("The archive was made by a later version of Podmove, and this pod does not know all that it says. Nothing was imported; import it at a pod that runs that version.")
		}
		return nil
	case string(transfer.Photos):
		return r.lookAtSection(s, name, transfer.Photos, r.index.own)
	case string(transfer.Blocks):
		return r.lookAtSection(s, name, transfer.Blocks, r.index.own)
	}
	return s.skip()
}
