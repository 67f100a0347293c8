package archive

import (
	"bytes"
	"cmp"
	"encoding/json"

	"podmove/transfer"
)

// photosIn are the photos of one post as it stands in the archive. Photos
// travel even where their post cannot.
func (r *Reader) photosIn(raw []byte) []draft {
	if !bytes.Contains(raw, []byte(`"remote_photo_name"`)) {
		return nil // most posts have none; this spares reading them once more
	}
	var p postData
	_ = parse(raw, &p) // what is wrong is told with the post
	return r.attached(p)
}

func (r *Reader) attached(p postData) (list []draft) {
	for _, raw := range p.Data.Photos {
		list = append(list, r.photo(raw, p.Data.Public))
	}
	return list
}

// photo reads a photo of a post. It is never more visible than the post
// (Protocol §3.6).
func (r *Reader) photo(raw []byte, public bool) draft {
	var p entity[photoData]
	wrong := parse(raw, &p)
	d := p.Data
	guid, err := r.given(transfer.Photos, d.GUID, d.Name)
	item := transfer.Photo{
		CreatedAt: moment(d.CreatedAt), Name: d.Name, Public: d.Public && public, Text: d.Text,
		Width: side(d.Width), Height: side(d.Height),
	}
	return r.withContent(draft{guid: guid, err: cmp.Or(wrong, err)}, item)
}

// loosePhoto is a file of the zip that no post names: an old avatar, or an
// image inside text. Who could see it is not known, so it is private.
func (r *Reader) loosePhoto(f *photoFile) draft {
	d := draft{guid: derived(transfer.Photos, r.owner.ID, f.name)}
	return r.withContent(d, transfer.Photo{CreatedAt: transfer.TimeOf(f.zip.Modified), Name: f.name})
}

// withContent finds the bytes of a photo and what they say of it. The digest
// is filled in when the photo is sent.
func (r *Reader) withContent(d draft, item transfer.Photo) draft {
	if d.err == nil {
		d.file, d.err = r.fileOf(item.Name)
	}
	if d.err == nil {
		kind, width, height, _ := d.file.look(r.limits.PhotoBytes)
		item.Type, item.Size = kind, int64(d.file.zip.UncompressedSize64)
		item.Width, item.Height = cmp.Or(width, item.Width), cmp.Or(height, item.Height)
	}
	d.item = item
	return d
}

// fileOf is the file of the zip that has that name, and what is wrong with it.
func (r *Reader) fileOf(name string) (*photoFile, error) {
	switch file, ok := r.photos.files[name]; {
	case !transfer.ValidName(name):
		return nil, transfer.Errorf(transfer.NameInvalid, "%.80q is not a photo's file name", name)
	case r.photos.absent:
		return nil, transfer.Errorf(transfer.ContentMissing, "its bytes, %s, are in the zip of photos, which was not given; import again with it", name)
	case !ok:
		return nil, transfer.Errorf(transfer.ContentMissing, "the zip has no file %s", name)
	default:
		_, _, _, err := file.look(r.limits.PhotoBytes)
		return file, err
	}
}

// side is a number of pixels, 0 if it is not one.
func side(n json.Number) int64 {
	v, err := n.Int64()
	if err != nil || v < 0 || v > pixels {
		return 0
	}
	return v
}
