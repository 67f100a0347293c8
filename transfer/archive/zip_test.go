package archive_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
)

// ownArchive has one of everything that only Podmove writes.
const ownArchive = `{"version":"2.0","podmove":{"format":1,` +
	`"photos":[{"guid":"10000000000000000000000000000001","item":{"created_at":"2012-03-01T22:48:44.000Z","name":"00000000000000000001.png","public":true,"sha256":"x","size":8,"type":"image/png"}},{}],` +
	`"blocks":[{"guid":"10000000000000000000000000000002","item":{"id":"a@b.example"}}]},` +
	`"user":{"username":"aurora","profile":{"entity_type":"profile","entity_data":{"author":"aurora@old.example"},"podmove":{"guid":"10000000000000000000000000000003","item":{"nsfw":false,"public":false,"searchable":true}}},` +
	`"contact_groups":[{"name":"x","podmove":{"guid":"10000000000000000000000000000004","item":{"name":"x"}}}],"contacts":[{"account_id":"a@b.example","podmove":7}],` +
	`"posts":[{"podmove":{"guid":"10000000000000000000000000000005","item":{"created_at":"2012-03-01T22:48:44.123Z","public":true,"root":{}}}}]}}`

func openZip(t *testing.T, raw []byte) (*archive.Reader, error) {
	t.Helper()
	return archive.Open(t.Context(), archive.Options{Archive: section(raw)})
}

func TestOpenZipRefuses(t *testing.T) {
	account := zipFile{"account.json", []byte(minimal)}
	whole := zipWith(t, zip.Deflate, account, zipFile{name(1), picture(t, 7)})
	locked := bytes.Clone(whole)
	setBits(locked, "PK\x03\x04", 6, 1)
	setBits(locked, "PK\x01\x02", 8, 1)
	strange := bytes.Clone(whole)
	setBits(strange, "PK\x03\x04", 8, 0x40)
	setBits(strange, "PK\x01\x02", 10, 0x40)
	for _, c := range []struct {
		what string
		raw  []byte
		code transfer.Code
		says string
	}{
		{"without an archive", zipWith(t, zip.Deflate, zipFile{"photos/" + name(1), nil}), transfer.RequestInvalid, "holds no account.json"},
		{"with two archives", zipWith(t, zip.Deflate, account, account), transfer.RequestInvalid, "twice"},
		{"that ends in the middle", whole[:len(whole)-30], transfer.RequestInvalid, "not downloaded whole"},
		{"without its list of files", whole[:len(whole)/2], transfer.RequestInvalid, "not downloaded whole"},
		{"with a name that leads out", zipWith(t, zip.Deflate, account, zipFile{"photos/../../x.png", nil}), transfer.RequestInvalid, "leads out"},
		{"with an absolute name", zipWith(t, zip.Deflate, account, zipFile{"/etc/x.png", nil}), transfer.RequestInvalid, "leads out"},
		{"behind a password", locked, transfer.RequestInvalid, "password"},
		{"packed in a way that is not read", strange, transfer.RequestInvalid, "cannot be unpacked"},
		{"whose archive ends in the middle", zipWith(t, zip.Deflate, zipFile{"account.json", []byte(minimal[:40])}), transfer.RequestInvalid, "ends in the middle"},
		{"whose archive is empty", zipWith(t, zip.Store, zipFile{"account.json", nil}), transfer.RequestInvalid, "ends in the middle"},
		{"whose archive is damaged", damagedZip(t), transfer.RequestInvalid, "damaged"},
		{"whose archive is a picture", zipWith(t, zip.Store, zipFile{"account.json", picture(t, 7)}), transfer.RequestInvalid, "not JSON"},
		{"of a later version", zipWith(t, zip.Store, zipFile{"account.json", []byte(strings.Replace(ownArchive, `"format":1`, `"format":2`, 1))}), transfer.RequestInvalid, "later version"},
		{"with Podmove's photos twice", zipWith(t, zip.Store, zipFile{"account.json", []byte(strings.Replace(ownArchive, `"blocks"`, `"photos"`, 1))}), transfer.RequestInvalid, "twice"},
	} {
		t.Run("a zip "+c.what, func(t *testing.T) {
			_, err := openZip(t, c.raw)
			refused(t, err, c.code, c.says)
		})
	}
}

// damagedZip has an archive of which a byte changed.
func damagedZip(t *testing.T) []byte {
	raw := zipWith(t, zip.Store, zipFile{"account.json", []byte(minimal)})
	return bytes.Replace(raw, []byte(`"username":"aurora"`), []byte(`"username":"aurorA"`), 1)
}

func TestOpenZipRefusesBombs(t *testing.T) {
	large := zipWith(t, zip.Deflate, zipFile{"account.json", []byte(head + `,"email":"` + strings.Repeat("x", 40<<20) + `"}}`)})
	t.Run("an archive that unpacks to 300 times its size", func(t *testing.T) {
		_, err := openZip(t, large)
		refused(t, err, transfer.TooLarge, "300 times its size")
	})
	t.Run("an archive that says it unpacks to less than it does", func(t *testing.T) {
		lying := bytes.Clone(large)
		at := bytes.Index(lying, []byte("PK\x01\x02"))
		copy(lying[at+24:], []byte{0, 0x10, 0, 0}) // 4 KiB
		_, err := openZip(t, lying)
		refused(t, err, transfer.RequestInvalid, "damaged")
	})
	t.Run("an archive that says it is packed in more than there is", func(t *testing.T) {
		lying := bytes.Clone(large)
		at := bytes.Index(lying, []byte("PK\x01\x02"))
		copy(lying[at+20:], []byte{0, 0, 0, 0x40}) // 1 GiB
		_, err := openZip(t, lying)
		refused(t, err, transfer.TooLarge, "300 times its size")
	})
	t.Run("more JSON than allowed", func(t *testing.T) {
		raw := zipWith(t, zip.Deflate, zipFile{"account.json", []byte(minimal + strings.Repeat(" ", 70_000))})
		_, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Limits: archive.Limits{Unpacked: 65_000}})
		refused(t, err, transfer.TooLarge, "unpacks to more than")
	})
	t.Run("a list of files beyond bounds", func(t *testing.T) {
		raw := zipWith(t, zip.Deflate, zipFile{"account.json", []byte(minimal)})
		_, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Limits: archive.Limits{Directory: 30}})
		refused(t, err, transfer.TooLarge, "more files")
	})
}

func TestOwnItems(t *testing.T) {
	whole := picture(t, 7)
	said := strings.Replace(ownArchive, `"sha256":"x"`, `"sha256":"`+string(transfer.Sum(whole))+`"`, 1)
	first := func(t *testing.T, account string, content []byte, c transfer.Collection) transfer.Entry {
		t.Helper()
		r, err := openZip(t, zipWith(t, zip.Store, zipFile{"account.json", []byte(account)}, zipFile{"photos/" + name(1), content}))
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Page(t.Context(), c, "", 10)
		if err != nil || len(p.Entries) == 0 {
			t.Fatalf("%+v: %v", p, err)
		}
		return p.Entries[0]
	}
	t.Run("go before diaspora*'s words", func(t *testing.T) {
		e := first(t, said, whole, transfer.Posts)
		if want := `{"created_at":"2012-03-01T22:48:44.123Z","public":true,"root":{}}`; string(e.Item) != want {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("are as the archive says, of the type and size that the bytes have", func(t *testing.T) {
		e := first(t, said, whole, transfer.Photos)
		if p, err := transfer.Decode[transfer.Photo](e); err != nil || p.Size != int64(len(whole)) || p.Width != 0 || e.GUID != "10000000000000000000000000000001" {
			t.Errorf("got %+v: %v", e, err)
		}
	})
	t.Run("are refused with other bytes than those", func(t *testing.T) {
		if e := first(t, ownArchive, whole, transfer.Photos); e.Unsendable != transfer.ContentDiffers {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("are passed over where they are none", func(t *testing.T) {
		if e := first(t, said, whole, transfer.Contacts); !strings.Contains(string(e.Item), "a@b.example") {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("are refused under a guid that is none, or with text that cannot travel", func(t *testing.T) {
		for bad, code := range map[string]transfer.Code{
			`"guid":"short"`: transfer.GUIDInvalid,
			`"guid":"10000000000000000000000000000002","item":{"id":"a@b.example","x":"\ud83c"}`: transfer.TextInvalid,
			`"guid":"10000000000000000000000000000002","item":{"id":"nobody"}`:                   transfer.ItemInvalid,
			`"guid":"10000000000000000000000000000002"`:                                          transfer.ItemInvalid,
		} {
			account := strings.Replace(said, `"guid":"10000000000000000000000000000002","item":{"id":"a@b.example"}`, bad, 1)
			if e := first(t, account, whole, transfer.Blocks); e.Unsendable != code {
				t.Errorf("%s: got %+v, want %s", bad, e, code)
			}
		}
	})
}

func TestOpenFilesTakesTheZip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "whole.zip")
	raw := zipWith(t, zip.Store, zipFile{"account.json", []byte(ownArchive)}, zipFile{"photos/" + name(1), picture(t, 7)}, zipFile{"README.txt", []byte("x")}, zipFile{"photos/x.txt", nil})
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := archive.OpenFiles(t.Context(), file, "", archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := r.Ignored()["files"]; n != 1 {
		t.Errorf("%d files were passed over, want 1", n)
	}
	body, err := r.Content(t.Context(), "10000000000000000000000000000001", 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil || !bytes.Equal(got, picture(t, 7)[3:]) {
		t.Errorf("%d bytes: %v", len(got), err)
	}
}
