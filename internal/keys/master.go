package keys

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Master is the pod's one secret that is not in its database: 32 random bytes
// from which every other secret at rest is derived. Whoever has the database but
// not the master can neither sign as the pod nor use the tokens it holds.
type Master [32]byte

// LoadOrCreateMaster reads the master key at path, or makes it on the first
// start. The file holds 64 hexadecimal digits and a line feed, mode 0600. A file
// that others may read, or that holds anything else, is refused. Two processes
// that start at once end with the same key.
func LoadOrCreateMaster(path string) (Master, error) {
	m, err := loadMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createMaster(path); err != nil {
			return Master{}, fmt.Errorf("making the master key: %w", err)
		}
		m, err = loadMaster(path)
	}
	if err != nil {
		return Master{}, fmt.Errorf("reading the master key: %w", err)
	}
	return m, nil
}

func loadMaster(path string) (Master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Master{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Master{}, fmt.Errorf("%s may be read by others than its owner; chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Master{}, err
	}
	m, err := ParseMaster(text)
	if err != nil {
		return Master{}, fmt.Errorf("%s %w; restore it from a backup", path, err)
	}
	return m, nil
}

// ParseMaster reads what the file of a master key holds.
func ParseMaster(text []byte) (m Master, err error) {
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != len(m) {
		return Master{}, fmt.Errorf("does not hold %d hexadecimal digits", 2*len(m))
	}
	copy(m[:], raw)
	return m, nil
}

// createMaster writes the whole file under another name and links it into place:
// link refuses an existing name, and no reader ever sees half a key.
func createMaster(path string) error {
	var m Master
	rand.Read(m[:])                                          // never fails: crypto/rand
	f, err := os.CreateTemp(filepath.Dir(path), ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.WriteString(hex.EncodeToString(m[:]) + "\n"); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Derive gives 32 bytes of key for one use, named by its label, such as
// "cursor-seal". The same label always gives the same bytes (HKDF, RFC 5869).
func (m Master) Derive(label string) []byte {
	key, err := hkdf.Key(sha256.New, m[:], nil, label, sha256.Size)
	if err != nil {
		panic("keys: " + err.Error()) // only for more than 255 blocks, and we ask for one
	}
	return key
}

// String hides the key, so that a log never holds it.
func (Master) String() string { return "master key" }

// GoString hides the key from %#v as String does from %v.
func (Master) GoString() string { return "master key" }
