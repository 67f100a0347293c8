package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

// at is when archives are written here.
var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func accountOf(owner string) archive.Account {
	return archive.Account{
		Owner: archive.Owner{ID: owner, Username: "aurora", Issuer: "https://old.example"},
		Email: "aurora@mail.example", Language: "en", At: at, Readme: readme,
	}
}

// readme names everything that is lacking.
func readme(lacking []archive.Lack, more int) string {
	return fmt.Sprintf("%+v and %d more", lacking, more)
}

// download is the zip of an account.
func download(t *testing.T, r transfer.Reader, owner string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := archive.Write(t.Context(), &out, r, accountOf(owner)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// filled is a pod in memory that holds the fixture.
func filled(t *testing.T, f transfertest.Fixture) *transfertest.Memory {
	t.Helper()
	m := transfertest.NewMemory()
	transfertest.Fill(t, m.Writer(t, f.Owner, "elsewhere"), f)
	return m
}

// TestWrittenReader holds that a download gives exactly the account it was made
// of.
func TestWrittenReader(t *testing.T) {
	transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
		return open(t, download(t, filled(t, f).Reader(f.Owner), f.Owner), nil)
	})
}

// odd are items that diaspora*'s words do not carry.
func odd(t *testing.T, m *transfertest.Memory, owner string) {
	t.Helper()
	moment := transfer.Time("2020-02-29T23:59:59.007Z")
	hung := "a-photo-that-is-gone-0000000001"
	for i, item := range []transfer.Item{
		transfer.Profile{Avatar: hung, Tags: []string{"two words", "#hash", "twice", "twice"}, Birthday: "1004-02-29"},
		transfer.Contact{ID: "nobody@pod.example", Aspects: []string{"an-aspect-that-is-gone-0000001"}},
		transfer.Aspect{Name: "Family"}, // a second one of that name
		transfer.Post{CreatedAt: moment, Root: &transfer.Root{GUID: hung}, Text: "and I say", Audience: []string{"friend1@pod.example"}, Photos: []string{hung}},
		transfer.Post{CreatedAt: moment, Root: &transfer.Root{}, Public: true, Provider: "mobile"},
		transfer.Post{CreatedAt: moment, Public: true, Location: &transfer.Location{}, Poll: &transfer.Poll{GUID: hung, Answers: []transfer.Answer{}}},
		transfer.Post{CreatedAt: moment, Photos: []string{hung, hung}},
		transfer.Post{CreatedAt: moment, Text: `"podmove":{"guid":"x"} </script> & ` + "\u2028\u2029\ufeff\x01"},
		transfer.Post{CreatedAt: moment, Public: true, Text: strings.Repeat("\u202eש\U0001f332", transfer.MaxText/3)},
	} {
		guid := fmt.Sprintf("odd-item-number-%02d", i)
		if item.Collection() == transfer.Profiles {
			guid = transfertest.GUID(transfer.Profiles, owner, "")
		}
		if err := m.Put(owner, guid, item); err != nil {
			t.Fatal(err)
		}
	}
}

// oddPhotos are photos that share a name with others, or hang on several posts.
func oddPhotos(t *testing.T, m *transfertest.Memory, f transfertest.Fixture) {
	t.Helper()
	for guid, p := range transfertest.Items[transfer.Photo](t, f) {
		p.Text, p.Width, p.Height = strings.Repeat("<ש>\u2028", 13107), 0, 1
		if err := m.Put(f.Owner, "again-"+guid, p); err != nil {
			t.Fatal(err)
		}
		p.Name = strings.ToUpper(p.Name[:20]) + p.Name[20:]
		if err := m.Put(f.Owner, "upper-"+guid, p); err != nil {
			t.Fatal(err)
		}
		post := transfer.Post{CreatedAt: p.CreatedAt, Photos: []string{"again-" + guid, guid, guid}}
		if err := m.Put(f.Owner, "post-of-"+guid, post); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriteKeepsEverything(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	m := filled(t, f)
	odd(t, m, f.Owner)
	oddPhotos(t, m, f)
	whole := download(t, m.Reader(f.Owner), f.Owner)
	want := manifest(t, m.Reader(f.Owner))
	t.Run("read from the zip", func(t *testing.T) { sameTallies(t, manifest(t, open(t, whole, nil)), want) })
	account := unzipped(t, whole, "account.json")
	t.Run("read from the unpacked archive and the zip", func(t *testing.T) { sameTallies(t, manifest(t, open(t, account, whole)), want) })
	t.Run("read from the unpacked archive and a zip of its photos", func(t *testing.T) {
		sameTallies(t, manifest(t, open(t, gzipped(t, account), photosOf(t, whole))), want)
	})
	t.Run("read from an archive whose spaces and order a program changed", func(t *testing.T) {
		var v any
		if err := json.Unmarshal(account, &v); err != nil {
			t.Fatal(err)
		}
		sameTallies(t, manifest(t, open(t, encoded(t, v), whole)), want)
	})
	t.Run("under names that no disk confuses", func(t *testing.T) {
		seen := map[string]bool{}
		for _, file := range files(t, whole) {
			if name := strings.ToLower(file.Name); seen[name] {
				t.Errorf("%s is there twice", file.Name)
			} else {
				seen[name] = true
			}
		}
	})
}

func manifest(t *testing.T, r transfer.Reader) transfer.Manifest {
	t.Helper()
	m, err := r.Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sameTallies(t *testing.T, got, want transfer.Manifest) {
	t.Helper()
	if !slices.Equal(got.Tallies, want.Tallies) || len(got.Unsendable) > 0 {
		t.Errorf("got  %v, unsendable %v\nwant %v", got.Tallies, got.Unsendable, want.Tallies)
	}
}

func files(t *testing.T, raw []byte) []*zip.File {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return r.File
}

func unzipped(t *testing.T, raw []byte, name string) []byte {
	t.Helper()
	for _, f := range files(t, raw) {
		if f.Name == name {
			return content(t, f)
		}
	}
	t.Fatalf("the zip has no %s", name)
	return nil
}

func content(t *testing.T, f *zip.File) []byte {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	raw, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// photosOf is a flat zip of the photos, as diaspora* makes them.
func photosOf(t *testing.T, whole []byte) []byte {
	t.Helper()
	var list []zipFile
	for _, f := range files(t, whole) {
		if name, ok := strings.CutPrefix(f.Name, "photos/"); ok {
			list = append(list, zipFile{name, content(t, f)})
		}
	}
	return zipWith(t, zip.Deflate, list...)
}
