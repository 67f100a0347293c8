package pod

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/transfer"
)

// picture is a photo whose left half is red and whose right half is blue, and
// which is see-through in its lowest row if it can be.
func picture(t *testing.T, contentType string, width, height int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{R: 255, A: 255}
			if x >= width/2 {
				c = color.NRGBA{B: 255, A: 255}
			}
			if y == height-1 {
				c.A = 0
			}
			img.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	var err error
	switch contentType {
	case "image/jpeg":
		err = jpeg.Encode(&out, img, nil)
	case "image/gif":
		err = gif.Encode(&out, img, nil)
	default:
		err = png.Encode(&out, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newImages(t *testing.T) (*Images, blob.Store, string) {
	t.Helper()
	blobs, err := blob.OpenDir(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	images, err := NewImages(blobs, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close(); images.Close() })
	return images, blobs, cache
}

func keepPhoto(t *testing.T, blobs blob.Store, raw []byte, contentType string) transfer.Photo {
	t.Helper()
	sum, size, err := blobs.Put(t.Context(), bytes.NewReader(raw), "", 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	return transfer.Photo{SHA256: transfer.Digest(sum), Size: size, Type: contentType}
}

func openImage(t *testing.T, images *Images, p transfer.Photo, v Variant) ([]byte, Image) {
	t.Helper()
	img, err := images.Open(t.Context(), p, v)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	raw, err := io.ReadAll(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw, img
}

func TestVariants(t *testing.T) {
	images, blobs, cache := newImages(t)
	for _, c := range []struct {
		contentType   string
		width, height int
		sizes         [5]image.Point // in the order of Variants
		madeType      string
	}{
		{"image/png", 1400, 700, [5]image.Point{{1400, 700}, {50, 50}, {100, 100}, {300, 150}, {700, 350}}, "image/png"},
		{"image/jpeg", 400, 1600, [5]image.Point{{400, 1600}, {50, 50}, {100, 100}, {300, 1200}, {400, 1600}}, "image/jpeg"},
		{"image/gif", 80, 60, [5]image.Point{{80, 60}, {50, 50}, {60, 60}, {80, 60}, {80, 60}}, "image/png"},
		{"image/png", 200, 6000, [5]image.Point{{200, 6000}, {50, 50}, {100, 100}, {50, 1500}, {200, 6000}}, "image/png"},
		{"image/png", 1, 1, [5]image.Point{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, ""},
		{"image/png", 3000, 1, [5]image.Point{{3000, 1}, {1, 1}, {1, 1}, {300, 1}, {700, 1}}, "image/png"},
	} {
		raw := picture(t, c.contentType, c.width, c.height)
		photo := keepPhoto(t, blobs, raw, c.contentType)
		for i, v := range Variants() {
			for _, when := range []string{"made", "kept"} {
				got, img := openImage(t, images, photo, v)
				config, _, err := image.DecodeConfig(bytes.NewReader(got))
				if err != nil {
					t.Fatal(err)
				}
				original := bytes.Equal(got, raw)
				if size := image.Pt(config.Width, config.Height); size != c.sizes[i] || original != (size == image.Pt(c.width, c.height)) {
					t.Errorf("%s %s %d×%d, %s: %v (original: %v), want %v", v, c.contentType, c.width, c.height, when, size, original, c.sizes[i])
				}
				if want := c.madeType; !original && img.Type != want || original && img.Type != c.contentType {
					t.Errorf("%s of %s, %s: type %s, want %s", v, c.contentType, when, img.Type, want)
				}
			}
		}
	}
	t.Run("cuts thumbnails from the middle", func(t *testing.T) {
		photo := keepPhoto(t, blobs, picture(t, "image/png", 1400, 700), "image/png")
		raw, _ := openImage(t, images, photo, ThumbSmall)
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, _, _ := img.At(5, 20).RGBA(); r != 0xffff {
			t.Errorf("the left is not red: %v", img.At(5, 20))
		}
		if _, _, b, _ := img.At(45, 20).RGBA(); b != 0xffff {
			t.Errorf("the right is not blue: %v", img.At(45, 20))
		}
	})
	t.Run("forgets the sizes of one photo", func(t *testing.T) {
		photo := keepPhoto(t, blobs, picture(t, "image/png", 900, 900), "image/png")
		before := files(t, cache)
		for _, v := range Variants() {
			openImage(t, images, photo, v)
		}
		if made := files(t, cache) - before; made != 4 {
			t.Errorf("%d files were made, want 4", made)
		}
		if err := images.Forget(string(photo.SHA256)); err != nil || files(t, cache) != before {
			t.Errorf("%v; %d files are left over", err, files(t, cache)-before)
		}
	})
}

func files(t *testing.T, path string) int {
	t.Helper()
	list, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// bomb is a PNG of a few bytes that claims 100,000 × 100,000 pixels.
func bomb() []byte {
	header := append([]byte("IHDR"), 0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 8, 6, 0, 0, 0)
	raw := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(header))
}

// blank is a PNG of a few kilobytes with 50 million pixels, which all are there:
// 10,000 × 5,000 of one bit.
func blank(t *testing.T) []byte {
	t.Helper()
	var rows bytes.Buffer
	w := zlib.NewWriter(&rows)
	if _, err := w.Write(make([]byte, 5_000*(1+10_000/8))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	raw := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []string{"IHDR\x00\x00\x27\x10\x00\x00\x13\x88\x01\x00\x00\x00\x00", "IDAT" + rows.String(), "IEND"} {
		raw = binary.BigEndian.AppendUint32(raw, uint32(len(chunk)-4))
		raw = binary.BigEndian.AppendUint32(append(raw, chunk...), crc32.ChecksumIEEE([]byte(chunk)))
	}
	return raw
}

func TestHostilePictures(t *testing.T) {
	images, blobs, cache := newImages(t)
	for name, c := range map[string]struct {
		raw         []byte
		contentType string
	}{
		"claims ten thousand million pixels": {bomb(), "image/png"},
		"has fifty million pixels":           {blank(t), "image/png"},
		"is no picture":                      {[]byte("<html><script>alert(1)</script>"), "image/png"},
		"is of another type":                 {picture(t, "image/png", 900, 900), "image/jpeg"},
		"breaks off":                         {picture(t, "image/png", 900, 900)[:200], "image/png"},
		"has a type that is not shown":       {[]byte("<svg/>"), "image/svg+xml"},
		"is a broken WebP":                   {[]byte("RIFF\x10\x00\x00\x00WEBPVP8 \x04\x00\x00\x00\x00\x00\x00\x00"), "image/webp"},
	} {
		t.Run("shows a file as it is that "+name, func(t *testing.T) {
			photo := keepPhoto(t, blobs, c.raw, c.contentType)
			for _, v := range Variants() {
				if got, img := openImage(t, images, photo, v); !bytes.Equal(got, c.raw) || img.Type != c.contentType {
					t.Errorf("%q: %d bytes as %s", v, len(got), img.Type)
				}
			}
		})
	}
	if n := files(t, cache); n != 0 {
		t.Errorf("%d files in the cache, want none", n)
	}
	t.Run("has nothing for bytes that are not here", func(t *testing.T) {
		for _, v := range Variants() {
			_, err := images.Open(context.Background(), transfer.Photo{SHA256: transfer.Sum(nil), Type: "image/png"}, v)
			if !errors.Is(err, ErrHidden) {
				t.Errorf("%q: %v, want ErrHidden", v, err)
			}
		}
	})
}

func TestParsePhotoFile(t *testing.T) {
	const file = "9cc823151b8d34be81ec.gif"
	for _, v := range Variants() {
		if got, name, ok := ParsePhotoFile(string(v) + file); !ok || got != v || name != file {
			t.Errorf("%q: %q %q %v", v, got, name, ok)
		}
	}
	for _, bad := range []string{"", "thumb_small_", "thumb_small_thumb_small_" + file, "thumb_huge_" + file, "../" + file, file + "/", "9cc823151b8d34be81ec.svg", "9cc823151b8d34be81ec.gif\x00"} {
		if _, _, ok := ParsePhotoFile(bad); ok {
			t.Errorf("took %q", bad)
		}
	}
}
