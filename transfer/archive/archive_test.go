package archive_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

func TestReader(t *testing.T) {
	for name, pack := range map[string]func(*testing.T, []byte) []byte{
		"plain":  func(_ *testing.T, raw []byte) []byte { return raw },
		"packed": gzipped,
	} {
		t.Run(name, func(t *testing.T) {
			transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
				account, photos := made(t, f)
				return open(t, pack(t, encoded(t, account)), photos)
			})
		})
	}
}

func TestOpenFiles(t *testing.T) {
	account, photos := made(t, transfertest.Made(transfertest.Aurora))
	dir := t.TempDir()
	file, pictures := filepath.Join(dir, "account"), filepath.Join(dir, "photos")
	if err := errors.Join(os.WriteFile(file, encoded(t, account), 0o600), os.WriteFile(pictures, photos, 0o600)); err != nil {
		t.Fatal(err)
	}
	r, err := archive.OpenFiles(t.Context(), file, pictures, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Run("says whose it is", func(t *testing.T) {
		if want := (archive.Owner{ID: "aurora@old.example", Username: "aurora", Issuer: "https://old.example"}); r.Owner() != want {
			t.Errorf("got %+v, want %+v", r.Owner(), want)
		}
	})
	t.Run("counts what it does not carry", func(t *testing.T) {
		if want := (map[string]int{"followed_tags": 2, "others_data.relayables": 3}); !maps.Equal(r.Ignored(), want) {
			t.Errorf("got %v, want %v", r.Ignored(), want)
		}
	})
	t.Run("has one fingerprint, packed or not", func(t *testing.T) {
		packed := open(t, gzipped(t, encoded(t, account)), photos)
		other := open(t, encoded(t, account), nil)
		if r.Fingerprint() != packed.Fingerprint() || r.Fingerprint() == other.Fingerprint() || len(r.Fingerprint()) != 64 {
			t.Errorf("%s, packed %s, without photos %s", r.Fingerprint(), packed.Fingerprint(), other.Fingerprint())
		}
	})
	t.Run("names the file that is not there", func(t *testing.T) {
		_, err := archive.OpenFiles(t.Context(), file, filepath.Join(dir, "nothing"), archive.Limits{})
		if transfer.CodeOf(err) != transfer.RequestInvalid {
			t.Errorf("got %v", err)
		}
	})
}
