package archive

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"podmove/transfer"
)

// An album is the photos of an account that is being written: what posts say of
// them, and under which name each lies in the zip.
type album struct {
	list   []*picture
	byGUID map[string]*picture
	taken  map[string]bool // file names, in lower case: some disks do not tell them apart
	words  int             // bytes of descriptions that are held
}

type picture struct {
	guid string
	file string
	item transfer.Photo
}

// Bounds of the descriptions that are repeated with the posts, in bytes: of all,
// which are held, and of one, so that a post with many photos stays below what
// is read as one item. In full each stands in the photo's own item.
const (
	maxWords       = 16 << 20
	maxDescription = 4 << 10
)

func newAlbum() *album {
	return &album{byGUID: map[string]*picture{}, taken: map[string]bool{}}
}

// add holds a photo, once.
func (a *album) add(guid string, item transfer.Photo) (p *picture, fresh bool) {
	if p, ok := a.byGUID[guid]; ok {
		return p, false
	}
	p = &picture{guid: guid, file: item.Name, item: item}
	// Photos of several origins may have one name (Protocol §3.8).
	if a.taken[strings.ToLower(p.file)] {
		p.file = derived(transfer.Photos, guid, item.Name)[:20] + path.Ext(item.Name)
	}
	a.taken[strings.ToLower(p.file)] = true
	if len(item.Text) > maxDescription || a.words+len(item.Text) > maxWords {
		p.item.Text = ""
	}
	a.words += len(p.item.Text)
	a.list, a.byGUID[guid] = append(a.list, p), p
	return p, true
}

// photo is a photo in Podmove's member.
func (w *writer) photo(e transfer.Entry) (any, error) {
	item, err := transfer.Decode[transfer.Photo](e)
	if err != nil {
		return nil, err
	}
	p, fresh := w.album.add(e.GUID, item)
	switch {
	case !fresh:
		return nil, nil
	case len(w.album.list) > maxPhotos:
		return nil, transfer.Errorf(transfer.TooLarge, "there are more than %d photos by now", maxPhotos)
	}
	k := keep(e)
	if p.file != item.Name {
		k.File = p.file
	}
	return k, nil
}

// writePhoto puts the bytes of a photo into the zip, as they are: photos are
// packed already. They are read twice, first to see whether they are all there,
// so that no damaged photo goes in and that its checksum stands before it, where
// programs that unpack as they read want it.
func (w *writer) writePhoto(ctx context.Context, p *picture) error {
	sum, err := w.check(ctx, p)
	if err != nil {
		return w.passOver(ctx, p, err)
	}
	in, err := w.from.Content(ctx, p.guid, 0)
	if err != nil {
		return w.passOver(ctx, p, err)
	}
	defer in.Close()
	header := &zip.FileHeader{
		Name: photosFolder + p.file, Method: zip.Store, CRC32: sum,
		CompressedSize64: uint64(p.item.Size), UncompressedSize64: uint64(p.item.Size),
	}
	header.SetModTime(p.item.CreatedAt.Time()) //nolint:staticcheck // CreateRaw writes the header as it stands, and nothing else fills in these fields.
	out, err := w.zip.CreateRaw(header)
	if err != nil {
		return err
	}
	_, err = io.CopyN(out, in, p.item.Size)
	return err
}

// check reads a photo, and answers its checksum if it is what its item says.
func (w *writer) check(ctx context.Context, p *picture) (uint32, error) {
	in, err := w.from.Content(ctx, p.guid, 0)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	digest, sum := sha256.New(), crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(digest, sum), io.LimitReader(in, p.item.Size+1))
	if err != nil || n != p.item.Size || transfer.Digest(hex.EncodeToString(digest.Sum(nil))) != p.item.SHA256 {
		return 0, transfer.Errorf(transfer.ContentDiffers, "the bytes of this photo are damaged").Because(err)
	}
	return sum.Sum32(), nil
}

// passOver names a photo whose bytes are not there; other errors stay.
func (w *writer) passOver(ctx context.Context, p *picture, err error) error {
	code := transfer.CodeOf(err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case code == transfer.ContentDiffers:
	case code == transfer.NotFound || code == transfer.ContentMissing: // the first was deleted meanwhile
		code = transfer.ContentMissing
	default:
		return err
	}
	w.lack(Lack{Collection: transfer.Photos, GUID: p.guid, Name: p.file, Why: code})
	return nil
}
