package pod

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// corner is a picture of that size with its top left quarter red.
func corner(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// shot is a JPEG as a camera writes it, which says how it was held and where.
func shot(t *testing.T, orientation int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, corner(64, 32), nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	tiff = append(tiff, byte(orientation), 0, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	segment = append(segment, "taken at home"...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(segment)+2))
	return append(append(head, segment...), out.Bytes()[2:]...)
}

func red(m image.Image, x, y int) bool {
	r, _, b, _ := m.At(x, y).RGBA()
	return r > b
}

func TestBare(t *testing.T) {
	t.Parallel()
	// Where the red corner of a 64 × 32 picture is seen, by EXIF's orientation.
	for orientation, at := range map[int]struct{ right, bottom, upright bool }{
		0: {}, 1: {}, 2: {right: true}, 3: {right: true, bottom: true}, 4: {bottom: true},
		5: {upright: true}, 6: {upright: true, right: true}, 7: {upright: true, right: true, bottom: true}, 8: {upright: true, bottom: true},
	} {
		clean, size, err := bare(shot(t, orientation), "image/jpeg")
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(clean))
		if err != nil {
			t.Fatal(err)
		}
		want := image.Pt(64, 32)
		if at.upright {
			want = image.Pt(32, 64)
		}
		x, y := 4, 4
		if at.right {
			x = want.X - 5
		}
		if at.bottom {
			y = want.Y - 5
		}
		if size != want || m.Bounds().Size() != want || !red(m, x, y) || red(m, want.X-1-x, want.Y-1-y) {
			t.Errorf("orientation %d: %v, not red at %d, %d", orientation, size, x, y)
		}
		if bytes.Contains(clean, []byte("taken at home")) {
			t.Errorf("orientation %d: it says where it was taken", orientation)
		}
	}
}

func TestBareOthers(t *testing.T) {
	t.Parallel()
	t.Run("a PNG loses its texts and keeps its pixels", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		if err := png.Encode(&out, corner(8, 8)); err != nil {
			t.Fatal(err)
		}
		chunk := []byte("tEXtComment\x00taken at home")
		text := append(binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4)), chunk...)
		text = binary.BigEndian.AppendUint32(text, crc32.ChecksumIEEE(chunk))
		raw := append(append(append([]byte{}, out.Bytes()[:33]...), text...), out.Bytes()[33:]...)
		clean, size, err := bare(raw, "image/png")
		if err != nil || size != image.Pt(8, 8) || bytes.Contains(clean, []byte("taken")) {
			t.Errorf("%q, %v, %v", clean, size, err)
		}
	})
	t.Run("a WebP loses its EXIF and XMP, and the flags of both", func(t *testing.T) {
		t.Parallel()
		raw := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00EXIF\x03\x00\x00\x00abc\x00XMP \x02\x00\x00\x00hiVP8L\x02\x00\x00\x00zz")
		clean, err := bareWebP(raw)
		want := "RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00VP8L\x02\x00\x00\x00zz"
		if err != nil || string(clean) != want {
			t.Errorf("%q, %v", clean, err)
		}
	})
	for what, raw := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "a page": []byte("<html>"), "a picture of fifty million pixels": blank(t), "half a picture": []byte("\x89PNG\r\n\x1a\n"), "a chunk without its end": []byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\x7f"),
	} {
		t.Run(what+" is no photo", func(t *testing.T) {
			t.Parallel()
			for _, contentType := range []string{"image/jpeg", "image/png", "image/gif", "image/webp", "text/html"} {
				if _, _, err := bare(raw, contentType); err == nil {
					t.Errorf("%s is taken", contentType)
				}
			}
		})
	}
}

// FuzzBare: whatever somebody uploads is a photo or an error.
func FuzzBare(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00EXIF\x03\x00\x00\x00abc\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_ = orientation(raw)
		_, _ = bareWebP(raw)
	})
}
