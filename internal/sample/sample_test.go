package sample

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"image"
	"image/color"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/webp"
)

const owner = "aurora@old.example"

func TestWrite(t *testing.T) {
	facts, err := Write(t.TempDir(), owner, 1)
	if err != nil {
		t.Fatal(err)
	}
	account := unpacked(t, facts.Archive)
	t.Run("makes an account of the size promised", func(t *testing.T) {
		want := Facts{
			Owner: owner, Archive: facts.Archive, Photos: facts.Photos, PhotoBytes: facts.PhotoBytes,
			Posts: 300, Public: 228, Limited: 72, Reshares: 12, Polls: 11, Locations: 15,
			Attached: 36, Loose: 4, Contacts: 60, Aspects: 4, Blocks: 2,
		}
		if facts != want {
			t.Errorf("got  %+v\nwant %+v", facts, want)
		}
	})
	t.Run("holds what has broken software before", func(t *testing.T) {
		for _, part := range []string{`\u2028`, `\u003cb\u003e\u0026amp;`, "שלום", "سلام", "https://old.example/posts/", "scaled_full_", "@{Friend"} {
			if !strings.Contains(account, part) {
				t.Errorf("%s is nowhere", part)
			}
		}
	})
	t.Run("zips photos that decode to the sides said", func(t *testing.T) {
		r, err := zip.OpenReader(facts.Photos)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if len(r.File) != 40 {
			t.Errorf("%d photos, want 40", len(r.File))
		}
		formats := map[string]int{}
		for _, f := range r.File {
			formats[decode(t, f)]++
		}
		if len(formats) != 4 {
			t.Errorf("formats %v, want four", formats)
		}
	})
	t.Run("makes the same for the same seed, and another for another", func(t *testing.T) {
		again, err := Write(t.TempDir(), owner, 1)
		other, err2 := Write(t.TempDir(), owner, 2)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if unpacked(t, again.Archive) != account || unpacked(t, other.Archive) == account || !bytes.Equal(read(t, again.Photos), read(t, facts.Photos)) {
			t.Error("not so")
		}
	})
}

func decode(t *testing.T, f *zip.File) string {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, format, err := image.Decode(in)
	if err != nil {
		t.Errorf("%s: %v", f.Name, err)
	}
	return format
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func unpacked(t *testing.T, name string) string {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(in)
	if err != nil || !json.Valid(raw) {
		t.Fatalf("not JSON: %v", err)
	}
	return string(raw)
}

func TestEncodeWebP(t *testing.T) {
	m := newMaker(owner, 3)
	for _, side := range []int{1, 2, 33} {
		want := m.waves(side, side+1)
		var out bytes.Buffer
		if err := encodeWebP(&out, want); err != nil {
			t.Fatal(err)
		}
		got, err := webp.Decode(&out)
		if err != nil || got.Bounds() != want.Rect {
			t.Fatalf("%v: %v", got, err)
		}
		for x := range side {
			for y := range side + 1 {
				if c := color.RGBAModel.Convert(got.At(x, y)); c != want.RGBAAt(x, y) {
					t.Fatalf("at %d,%d: %v, want %v", x, y, c, want.RGBAAt(x, y))
				}
			}
		}
	}
}

func TestBig(t *testing.T) {
	var out bytes.Buffer
	if err := Big(&out, owner, 1000, 1); err != nil {
		t.Fatal(err)
	}
	var account struct {
		User struct{ Posts []json.RawMessage }
	}
	if err := json.Unmarshal(out.Bytes(), &account); err != nil || len(account.User.Posts) != 1000 {
		t.Errorf("%d posts: %v", len(account.User.Posts), err)
	}
}
