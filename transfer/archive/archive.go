package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"sync"

	"podmove/transfer"
)

// Options are what to read.
type Options struct {
	Archive *io.SectionReader // the archive, packed with gzip or not, or the zip that Write made
	Photos  *io.SectionReader // the zip of photos; nil if there is none, or if they are in that zip
	Limits  Limits
}

// An Owner is whose archive it is, by its own word.
type Owner struct {
	ID       string // diaspora* ID, for example "aurora@old.example"
	Username string // "aurora"
	Issuer   string // "https://old.example", the pod that the ID names
}

// A Reader is the account in an archive. Any number of goroutines may use it.
type Reader struct {
	limits  Limits
	file    file
	photos  *photos
	index   index
	owner   Owner
	groups  map[string]bool // names of the aspects
	sizes   map[transfer.Collection]transfer.CollectionPlan
	again   map[transfer.Collection][]uint32 // which items were named before, rising
	why     map[string]string                // in words, by guid
	close   func() error
	mu      sync.Mutex
	current *walk // where the last page ended
}

var _ transfer.Reader = (*Reader)(nil)

// Open looks the files over: whether they are an archive, whose, and how much
// is in them. Its errors are *transfer.Error with words for the person, unless
// the context ended.
func Open(ctx context.Context, o Options) (*Reader, error) {
	limits := o.Limits.orDefaults()
	f, err := newFile(o.Archive, limits)
	if err != nil {
		return nil, err
	}
	r := &Reader{limits: limits, file: f, close: func() error { return nil }}
	if o.Photos == nil && f.entry != nil {
		o.Photos = o.Archive
	}
	if r.photos, err = openPhotos(o.Photos, limits); err != nil {
		return nil, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// OpenFiles is Open for the files of these names; photos may be empty.
func OpenFiles(ctx context.Context, archive, photos string, limits Limits) (*Reader, error) {
	o := Options{Limits: limits}
	var opened []io.Closer
	closeAll := func() error {
		var errs []error
		for _, f := range opened {
			errs = append(errs, f.Close())
		}
		return errors.Join(errs...)
	}
	for section, name := range map[**io.SectionReader]string{&o.Archive: archive, &o.Photos: photos} {
		if name == "" {
			continue
		}
		f, size, err := openFile(name)
		if err != nil {
			return nil, errors.Join(err, closeAll())
		}
		opened = append(opened, f)
		*section = io.NewSectionReader(f, 0, size)
	}
	r, err := Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	r.close = closeAll
	return r, nil
}

// openFile opens a file that stays as it is while it is read several times.
func openFile(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, invalid("There is no file %s.", name).Because(err)
	case errors.Is(err, fs.ErrPermission):
		return nil, 0, invalid("The file %s may not be read by the user who runs this.", name).Because(err)
	case err != nil:
		return nil, 0, invalid("The file %s cannot be opened.", name).Because(err)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, errors.Join(invalid("%s is not a file that can be read again and again.", name).Because(err), f.Close())
	}
	return f, info.Size(), nil
}

// Close closes the files that OpenFiles opened.
func (r *Reader) Close() error { return r.close() }

// Owner is whose archive it is.
func (r *Reader) Owner() Owner { return r.owner }

// Fingerprint names these files by what is in them: 64 hex digits. The same
// files, packed or not, have the same; so an import of them can be gone on with.
func (r *Reader) Fingerprint() string { return r.index.fingerprint }

// Ignored counts what the archive holds and a transfer does not carry, by the
// archive's own words: "relayables", "followed_tags", "others_data.relayables";
// "files" are those in the zip that are no photos.
func (r *Reader) Ignored() map[string]int { return maps.Clone(r.index.ignored) }

// Why says in words what is wrong with an item that cannot travel, such as "the
// zip has no file 9cc823151b8d34be81ec.gif". It is empty for an item that can,
// and from the thousandth that cannot.
func (r *Reader) Why(guid string) string { return r.why[guid] }
