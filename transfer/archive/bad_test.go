package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
)

const (
	head    = `{"version":"2.0","user":{"username":"aurora","profile":{"entity_type":"profile","entity_data":{"author":"aurora@old.example"}}`
	minimal = head + `}}`
)

func TestOpenRefuses(t *testing.T) {
	packed := gzipped(t, []byte(minimal+strings.Repeat(" ", 5000)))
	for _, c := range []struct {
		what string
		raw  []byte
		code transfer.Code
		says string
	}{
		{"nothing", []byte{}, transfer.RequestInvalid, "empty"},
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), transfer.RequestInvalid, "neither JSON nor packed"},
		{"the photos instead", zipOf(t, "a"), transfer.RequestInvalid, "photos goes second"},
		{"an archive that ends in the middle", []byte(head), transfer.RequestInvalid, "ends in the middle"},
		{"an archive that ends inside a string", []byte(minimal[:30]), transfer.RequestInvalid, "ends in the middle"},
		{"a packed archive that ends in the middle", packed[:len(packed)-20], transfer.RequestInvalid, "ends in the middle"},
		{"a packed archive without its checksum", packed[:len(packed)-4], transfer.RequestInvalid, "ends in the middle"},
		{"a packed archive that is damaged", append(bytes.Clone(packed[:len(packed)-8]), make([]byte, 8)...), transfer.RequestInvalid, "damaged"},
		{"the head of a packed file only", []byte{0x1f, 0x8b, 1, 2, 3}, transfer.RequestInvalid, "ends in the middle"},
		{"an older version", []byte(strings.Replace(minimal, "2.0", "1.0", 1)), transfer.RequestInvalid, `version "1.0"`},
		{"a newer version", []byte(strings.Replace(minimal, "2.0", "2.00", 1)), transfer.RequestInvalid, `version "2.00"`},
		{"a version that is a number", []byte(strings.Replace(minimal, `"2.0"`, "2.0", 1)), transfer.RequestInvalid, "agreed shape"},
		{"no version", []byte(strings.Replace(minimal, `"version"`, `"v"`, 1)), transfer.RequestInvalid, "version"},
		{"no user", []byte(`{"version":"2.0","others_data":{}}`), transfer.RequestInvalid, "no user"},
		{"two users", []byte(minimal[:len(minimal)-1] + `,"user":{}}`), transfer.RequestInvalid, "two users"},
		{"no profile", []byte(`{"version":"2.0","user":{"username":"aurora"}}`), transfer.RequestInvalid, "no profile"},
		{"a profile of nobody", []byte(strings.Replace(minimal, "aurora@old.example", "aurora", 1)), transfer.RequestInvalid, "author"},
		{"posts twice", []byte(head + `,"posts":[],"posts":[]}}`), transfer.RequestInvalid, "twice"},
		{"posts that are no list", []byte(head + `,"posts":{}}}`), transfer.RequestInvalid, "not JSON"},
		{"two archives in one", []byte(minimal + minimal), transfer.RequestInvalid, "follows"},
		{"an array", []byte(`[1]`), transfer.RequestInvalid, "neither JSON"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := archive.Open(t.Context(), archive.Options{Archive: section(c.raw)})
			refused(t, err, c.code, c.says)
		})
	}
}

func refused(t *testing.T, err error, code transfer.Code, says string) {
	t.Helper()
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok || e.Code != code || !strings.Contains(e.Message, says) {
		t.Errorf("got %v, want %s with a message that says %q", err, code, says)
	}
}

func TestOpenRefusesBombs(t *testing.T) {
	t.Run("a file that unpacks to 10 GB, early", func(t *testing.T) {
		megabyte := gzipped(t, bytes.Repeat([]byte("x"), 1<<20))
		bomb := append(gzipped(t, []byte(head+`,"email":"`)), bytes.Repeat(megabyte, 10<<10)...)
		_, err := archive.Open(t.Context(), archive.Options{Archive: section(bomb)})
		refused(t, err, transfer.TooLarge, "300 times its size")
	})
	t.Run("more JSON than allowed, packed or not", func(t *testing.T) {
		raw := []byte(minimal + strings.Repeat(" ", 70_000))
		for _, raw := range [][]byte{raw, gzipped(t, raw)} {
			_, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Limits: archive.Limits{Unpacked: 65_000}})
			refused(t, err, transfer.TooLarge, "unpacks to more than")
		}
	})
	t.Run("more posts than allowed", func(t *testing.T) {
		raw := []byte(head + `,"posts":[1,2,3,4]}}`)
		_, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Limits: archive.Limits{Items: 3}})
		refused(t, err, transfer.TooLarge, "more than 3 posts")
	})
	t.Run("more members than an account has", func(t *testing.T) {
		var raw strings.Builder
		raw.WriteString(head)
		for i := range 2000 {
			fmt.Fprintf(&raw, `,"m%d":1`, i)
		}
		_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte(raw.String() + "}}"))})
		refused(t, err, transfer.RequestInvalid, "members")
	})
	t.Run("nothing for a member that nests ten million deep, which is passed over", func(t *testing.T) {
		const deep = 10_000_000
		raw := []byte(head + `,"likes":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}}")
		if _, err := archive.Open(t.Context(), archive.Options{Archive: section(raw)}); err != nil {
			t.Error(err)
		}
		_, err := archive.Open(t.Context(), archive.Options{Archive: section(raw[:len(raw)-deep])})
		refused(t, err, transfer.RequestInvalid, "ends in the middle")
	})
	t.Run("stops when the context has ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := archive.Open(ctx, archive.Options{Archive: section([]byte(minimal))}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOpenFilesRefuses(t *testing.T) {
	good := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(good, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	for _, c := range []struct{ what, archive, photos, says string }{
		{"an archive that is not there", gone, "", "There is no file " + gone},
		{"photos that are not there", good, gone, "There is no file " + gone},
		{"a directory", t.TempDir(), "", "not a file"},
		{"one file as both", good, good, "not a zip file"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := archive.OpenFiles(t.Context(), c.archive, c.photos, archive.Limits{})
			refused(t, err, transfer.RequestInvalid, c.says)
		})
	}
}

func zipOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, "\x89PNG\r\n\x1a\n"+name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOpenRefusesPhotos(t *testing.T) {
	for _, name := range []string{"../etc/passwd", "/etc/passwd", "a/../../b.jpg", `..\b.jpg`, "C:b.jpg", ".."} {
		t.Run("a name that leads out: "+name, func(t *testing.T) {
			_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte(minimal)), Photos: section(zipOf(t, name))})
			refused(t, err, transfer.RequestInvalid, "leads out")
		})
	}
	whole := zipOf(t, "0123456789abcdef0123.png")
	for what, raw := range map[string][]byte{"what is no zip": []byte("no zip"), "half a zip": whole[:len(whole)/2]} {
		t.Run(what, func(t *testing.T) {
			_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte(minimal)), Photos: section(raw)})
			refused(t, err, transfer.RequestInvalid, "not a zip file")
		})
	}
	t.Run("a list of files beyond bounds", func(t *testing.T) {
		_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte(minimal)), Photos: section(whole), Limits: archive.Limits{Directory: 60}})
		refused(t, err, transfer.TooLarge, "more files")
	})
	t.Run("files that unpack beyond reason", func(t *testing.T) {
		_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte(minimal)), Photos: section(declaring(t, 4<<30))})
		refused(t, err, transfer.TooLarge, "100 times")
	})
	t.Run("but passes over files that are no photos", func(t *testing.T) {
		r := open(t, []byte(minimal), zipOf(t, "__MACOSX/._a.jpg", ".DS_Store", "0123456789abcdef0123.png"))
		if n := r.Ignored()["files"]; n != 2 {
			t.Errorf("%d files passed over, want 2", n)
		}
	})
}

// declaring is a zip whose one photo is said to have so many bytes.
func declaring(t *testing.T, n uint64) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "0123456789abcdef0123.png", Method: zip.Deflate, UncompressedSize64: n, CompressedSize64: 3})
	if err == nil {
		_, err = io.WriteString(f, "\x03\x00\x00")
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
