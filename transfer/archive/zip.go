package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"image"
	_ "image/gif" // for the sides of photos
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	_ "golang.org/x/image/webp"

	"podmove/transfer"
)

// photos are the files of the zip, by name, and by the guid of the photo that
// names them.
type photos struct {
	files  map[string]*photoFile
	byGUID map[string]*photoFile
	loose  []*photoFile // named by no post
	others int          // files that are no photos
	absent bool         // no zip was given
}

// The names in a zip that Podmove makes.
const (
	accountFile  = "account.json"
	readmeFile   = "README.txt"
	photosFolder = "photos/"
)

// openPhotos reads the zip's list of files. diaspora* writes a flat list of
// photos and Podmove a folder of them; a name that leads out of it was made by
// someone else.
func openPhotos(in *io.SectionReader, limits Limits) (*photos, error) {
	p := &photos{files: map[string]*photoFile{}, byGUID: map[string]*photoFile{}}
	if p.absent = in == nil; p.absent {
		return p, nil
	}
	list, err := openZip(in, limits, "photos file")
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		name := strings.TrimPrefix(f.Name, photosFolder)
		if f.Name == accountFile || f.Name == readmeFile || f.Name == photosFolder {
			continue
		}
		if _, twice := p.files[name]; twice || !transfer.ValidName(name) {
			p.others++
			continue
		}
		p.files[name] = &photoFile{zip: f, name: name}
	}
	return p, nil
}

// openZip reads the list of files in a zip. what names it to the person.
func openZip(in *io.SectionReader, limits Limits, what string) ([]*zip.File, error) {
	directory := &rationed{in: in, left: limits.Directory}
	list, err := zip.NewReader(directory, in.Size())
	switch {
	case directory.exceeded():
		return nil, transfer.Errorf(transfer.TooLarge, "The %s lists more files than this pod reads. Nothing was imported.", what)
	case err != nil:
		return nil, invalid("The %s is not a zip file, or it was not downloaded whole. Download it again from the old pod.", what).Because(err)
	}
	directory.free()
	total := uint64(0)
	for _, f := range list.File {
		if leadsOut(f.Name) {
			return nil, invalid("The %s holds the name %.80q, which leads out of it. No pod makes such a file; nothing was imported.", what, f.Name)
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > 1<<60 || total > uint64(max(gib, 100*in.Size())) {
			return nil, transfer.Errorf(transfer.TooLarge, "The %s unpacks to more than 100 times its size, which no photos do. Nothing was imported.", what)
		}
	}
	return list.File, nil
}

func leadsOut(name string) bool {
	return strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\:\x00") || slices.Contains(strings.Split(name, "/"), "..")
}

// mark writes down which files there are, for the fingerprint.
func (p *photos) mark(sum hash.Hash) {
	for _, f := range p.sorted() {
		fmt.Fprintf(sum, "\n%s %08x %d", f.name, f.zip.CRC32, f.zip.UncompressedSize64)
	}
}

func (p *photos) sorted() (list []*photoFile) {
	for _, f := range p.files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *photoFile) int { return cmp.Compare(a.name, b.name) })
	return list
}

// rationed gives only so many bytes, until it is freed: zip.NewReader reads the
// list of files into memory, however long it is.
type rationed struct {
	in   io.ReaderAt
	left int64 // -1: all it likes
	over bool
}

func (r *rationed) ReadAt(p []byte, at int64) (int, error) {
	if r.left < 0 {
		return r.in.ReadAt(p, at)
	}
	if r.over = r.over || r.left < int64(len(p)); r.over {
		return 0, io.ErrShortBuffer
	}
	r.left -= int64(len(p))
	return r.in.ReadAt(p, at)
}

func (r *rationed) exceeded() bool { return r.over }
func (r *rationed) free()          { r.left = -1 }

// encrypted is the flag of a file that needs a password (APPNOTE §4.4.4).
const encrypted = 1

// A photoFile is one file of the zip. What is learned of it stays.
type photoFile struct {
	zip   *zip.File
	name  string // without the folder
	guid  string // of the photo that has these bytes
	named bool   // by a post

	seen          sync.Once
	kind          string
	width, height int64
	wrong         error

	mu     sync.Mutex
	digest transfer.Digest
}

// look tells type and sides by the first bytes. Sides that Go cannot read are 0.
func (f *photoFile) look(limit int64) (kind string, width, height int64, err error) {
	f.seen.Do(func() {
		if f.zip.UncompressedSize64 > uint64(limit) {
			f.wrong = transfer.Errorf(transfer.ContentTooLarge, "%s is larger than %s", f.name, size(limit))
			return
		}
		if f.zip.Flags&encrypted != 0 {
			f.wrong = transfer.Errorf(transfer.ContentRefused, "%s is locked with a password in the zip; pack the photos again without one", f.name)
			return
		}
		head, err := f.head()
		if err != nil {
			f.wrong = f.damaged(err)
			return
		}
		f.kind = http.DetectContentType(head)
		if !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, f.kind) {
			f.wrong = transfer.Errorf(transfer.ContentRefused, "%s is not a JPEG, PNG, GIF or WebP image", f.name)
			return
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(head)); err == nil {
			f.width, f.height = int64(c.Width), int64(c.Height)
		}
		if f.width > pixels || f.height > pixels || f.width*f.height > pixels {
			f.wrong = transfer.Errorf(transfer.ContentRefused, "%s has more than %d pixels", f.name, pixels)
		}
	})
	return f.kind, f.width, f.height, f.wrong
}

func (f *photoFile) head() ([]byte, error) {
	in, err := f.zip.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, header))
}

// sum is the digest of the bytes, which the zip's own checksum must confirm.
func (f *photoFile) sum(ctx context.Context) (transfer.Digest, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.digest != "" {
		return f.digest, nil
	}
	in, err := f.zip.Open()
	if err != nil {
		return "", f.damaged(err)
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, &bounded{ctx: ctx, in: in, limit: int64(f.zip.UncompressedSize64)})
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil || n != int64(f.zip.UncompressedSize64):
		return "", f.damaged(err)
	}
	f.digest = transfer.Digest(hex.EncodeToString(sum.Sum(nil)))
	return f.digest, nil
}

// confirm fills in the digest of a photo. Where the archive says what it is, the
// bytes must be those.
func (f *photoFile) confirm(ctx context.Context, p transfer.Photo) (transfer.Photo, error) {
	said := p.SHA256
	var err error
	if p.SHA256, err = f.sum(ctx); err == nil && said != "" && said != p.SHA256 {
		err = transfer.Errorf(transfer.ContentDiffers, "%s is another picture than the one that the archive names", f.name)
	}
	return p, err
}

func (f *photoFile) damaged(err error) error {
	if errors.Is(err, zip.ErrAlgorithm) {
		return transfer.Errorf(transfer.ContentRefused, "%s is packed in a way that this pod does not read; pack the photos again as an ordinary zip", f.name).Because(err)
	}
	return transfer.Errorf(transfer.ContentDiffers, "%s is damaged in the zip", f.name).Because(err)
}
