package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"time"
)

const (
	manifestName = "manifest.json"
	manifestSize = 1 << 20 // bytes, at most
	masterName   = "master.key"
	photosName   = "photos"
	format       = 1
)

// A Manifest says what a backup holds.
type Manifest struct {
	Format   int              `json:"format"`
	Program  string           `json:"program"` // which made it
	Pod      string           `json:"pod"`     // public URL
	Made     time.Time        `json:"made"`
	Schema   int64            `json:"schema"`
	Rows     map[string]int64 `json:"rows"` // by table
	Database File             `json:"database"`
	Photos   Photos           `json:"photos"`
	Master   *File            `json:"master_key,omitempty"`
}

// A File is one of a backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Photos are the list of photos' bytes, and what is on it.
type Photos struct {
	File
	Count   int64    `json:"count"`
	Content int64    `json:"content_bytes"`
	Lost    []string `json:"lost,omitempty"` // on the list, but the pod itself had them no more
}

// sealed is the manifest with its own sum, as it lies on the disk.
type sealed struct {
	Backup json.RawMessage `json:"backup"`
	SHA256 string          `json:"sha256"` // of the bytes of backup
}

var (
	// ErrNone means that there is no whole backup in the directory.
	ErrNone = errors.New("no whole backup is there")
	// ErrDamaged means that a file of a backup is not what its manifest says.
	ErrDamaged = errors.New("is damaged")
	// ErrOther means that the directory holds something that is no backup.
	ErrOther = errors.New("it holds other things than a backup")
	// ErrBusy means that another process is writing a backup there.
	ErrBusy = errors.New("another backup is being written there")
)

var ours = regexp.MustCompile(`^(database-[0-9A-Z]+\.jsonl\.gz|photos-[0-9A-Z]+\.sha256|master\.key)$`)

// readManifest is ErrNone where there is none.
func readManifest(root *os.Root) (m Manifest, err error) {
	f, err := root.Open(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, ErrNone
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, manifestSize))
	if err != nil {
		return m, err
	}
	var s sealed
	if err := json.Unmarshal(raw, &s); err != nil || sumOf(s.Backup) != s.SHA256 {
		return m, damaged(manifestName)
	}
	if err := json.Unmarshal(s.Backup, &m); err != nil {
		return m, damaged(manifestName)
	}
	if m.Format != format {
		return m, fmt.Errorf("%s has format %d, which a newer podmove may read", manifestName, m.Format)
	}
	for _, f := range m.files() {
		if !ours.MatchString(f.Name) {
			return m, damaged(manifestName)
		}
	}
	return m, nil
}

func (m Manifest) files() []File {
	list := []File{m.Database, m.Photos.File}
	if m.Master != nil {
		list = append(list, *m.Master)
	}
	return list
}

// write puts the manifest in its place, when it is on the disk.
func (m Manifest) write(root *os.Root) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	whole, err := json.Marshal(sealed{raw, sumOf(raw)})
	if err != nil {
		return err
	}
	next := manifestName + ".next"
	if _, err := writeFile(root, next, func(w io.Writer) error {
		_, err := w.Write(append(whole, '\n'))
		return err
	}); err != nil {
		return err
	}
	if err := sync(root, "."); err != nil {
		return err
	}
	if err := root.Rename(next, manifestName); err != nil {
		return err
	}
	return sync(root, ".")
}

// writeFile writes a file that nobody else may read, down to the disk.
func writeFile(root *os.Root, name string, fill func(io.Writer) error) (File, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return File{}, err
	}
	hash, size := sha256.New(), new(counter)
	if err := fill(io.MultiWriter(f, hash, size)); err != nil {
		return File{}, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return File{}, err
	}
	return File{Name: name, Bytes: int64(*size), SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

type counter int64

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func sync(root *os.Root, directory string) error {
	f, err := root.Open(directory)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func damaged(name string) error { return fmt.Errorf("%s %w", name, ErrDamaged) }

// place is where a photo's bytes lie.
func place(sum string) string { return path.Join(photosName, sum[:2], sum) }
