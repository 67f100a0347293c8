package sample

import (
	"bytes"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
)

type photo struct {
	guid, name    string
	bytes         []byte
	width, height int
}

// formats are the four that pods take, in turn.
var formats = []struct {
	ext    string
	encode func(io.Writer, *image.RGBA) error
}{
	{".jpg", func(w io.Writer, m *image.RGBA) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 85}) }},
	{".png", func(w io.Writer, m *image.RGBA) error { return png.Encode(w, m) }},
	{".gif", encodeGIF},
	{".webp", encodeWebP},
}

func (m *maker) photo(i int) (photo, error) {
	format := formats[i%len(formats)]
	p := photo{guid: m.hex(32), name: m.hex(20) + format.ext, width: 96 + m.rand.IntN(64), height: 64 + m.rand.IntN(48)}
	var out bytes.Buffer
	err := format.encode(&out, m.waves(p.width, p.height))
	p.bytes = out.Bytes()
	return p, err
}

// waves is a picture that is no other.
func (m *maker) waves(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	a, b, c := m.rand.Float64()/9, m.rand.Float64()/9, m.rand.Float64()*6
	for y := range height {
		v := math.Cos(float64(y)*b - c)
		for x := range width {
			u := math.Sin(float64(x)*a + c)
			copy(img.Pix[img.PixOffset(x, y):], []byte{shade(u), shade(v), shade(u * v), 255})
		}
	}
	return img
}

func shade(v float64) uint8 { return uint8(127.5 * (1 + v)) }

func encodeGIF(w io.Writer, m *image.RGBA) error {
	img := image.NewPaletted(m.Rect, palette.Plan9)
	draw.Draw(img, m.Rect, m, image.Point{}, draw.Src)
	return gif.Encode(w, img, nil)
}
