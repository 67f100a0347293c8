package transfertest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// A picture is a tiny image.
type picture struct {
	bytes         []byte
	ext, kind     string
	width, height int64
}

// pictures make an image of each format; different shades give different bytes.
var pictures = []func(shade byte) picture{
	encoded(".jpg", "image/jpeg", func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }),
	encoded(".png", "image/png", png.Encode),
	encoded(".gif", "image/gif", func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }),
	webp,
}

func encoded(ext, kind string, encode func(io.Writer, image.Image) error) func(byte) picture {
	return func(shade byte) picture {
		img := image.NewRGBA(image.Rect(0, 0, 24+int(shade), 16))
		for x := range img.Rect.Dx() {
			for y := range img.Rect.Dy() {
				img.Set(x, y, color.RGBA{R: byte(x * 9), G: byte(y * 15), B: shade * 20, A: 255})
			}
		}
		var out bytes.Buffer
		if err := encode(&out, img); err != nil {
			panic(err) // of an image that is a constant of this package
		}
		return picture{out.Bytes(), ext, kind, int64(img.Rect.Dx()), int64(img.Rect.Dy())}
	}
}

// webp is one transparent pixel, which the standard library cannot write. A
// trailing chunk, which decoders skip, tells the shades apart.
func webp(shade byte) picture {
	raw, err := base64.StdEncoding.DecodeString("UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=")
	if err != nil {
		panic(err)
	}
	raw = append(raw, 'n', 'o', 't', 'e', 2, 0, 0, 0, shade, 0)
	raw[4] += 10
	return picture{raw, ".webp", "image/webp", 1, 1}
}
