package pod

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
)

var errNoPhoto = errors.New("pod: this is no photo")

// bare is a picture without what a camera or program noted in it, turned the
// way it is meant to be seen.
func bare(raw []byte, contentType string) ([]byte, image.Point, error) {
	codec, ok := codecs[contentType]
	if !ok {
		return nil, image.Point{}, errNoPhoto
	}
	c, err := codec.size(bytes.NewReader(raw))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, image.Point{}, errNoPhoto
	}
	size := image.Pt(c.Width, c.Height)
	switch contentType {
	case "image/jpeg":
		return bareJPEG(raw)
	case "image/png":
		picture, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			return nil, size, errNoPhoto
		}
		var out bytes.Buffer
		err = png.Encode(&out, picture)
		return out.Bytes(), size, err
	case "image/webp":
		raw, err := bareWebP(raw)
		return raw, size, err
	}
	return raw, size, nil
}

func bareJPEG(raw []byte) ([]byte, image.Point, error) {
	picture, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, image.Point{}, errNoPhoto
	}
	picture = turn(picture, orientation(raw))
	var out bytes.Buffer
	err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 92})
	return out.Bytes(), picture.Bounds().Size(), err
}

// turn undoes an orientation of EXIF (§4.6.4, tag 0x0112).
func turn(picture image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return picture
	}
	b := picture.Bounds()
	from := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(from, from.Bounds(), picture, b.Min, draw.Src)
	w, h := b.Dx(), b.Dy()
	if orientation > 4 {
		w, h = h, w
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			to.SetRGBA(x, y, from.RGBAAt(seen(orientation, x, y, w, h)))
		}
	}
	return to
}

// seen is where the pixel at x, y of the turned picture stands in the file.
func seen(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, w - 1 - x
	case 7:
		return h - 1 - y, w - 1 - x
	default: // 8
		return h - 1 - y, x
	}
}

// bareWebP leaves out the chunks EXIF and XMP, and says so in the header (WebP
// Container Specification, "Extended File Format").
func bareWebP(raw []byte) ([]byte, error) {
	const header = 12 // "RIFF", size, "WEBP"
	if len(raw) < header {
		return nil, errNoPhoto
	}
	out := append([]byte(nil), raw[:header]...)
	for rest := raw[header:]; len(rest) >= 8; {
		length := int64(binary.LittleEndian.Uint32(rest[4:8]))
		whole := 8 + length + length%2
		if whole > int64(len(rest)) {
			if whole-length%2 > int64(len(rest)) {
				return nil, errNoPhoto
			}
			whole = int64(len(rest)) // the last byte of padding is missing
		}
		chunk := rest[:whole]
		rest = rest[whole:]
		switch string(chunk[:4]) {
		case "EXIF", "XMP ":
			continue
		case "VP8X":
			if length < 10 { // flags, three bytes for later, and both sides
				return nil, errNoPhoto
			}
			chunk = append([]byte(nil), chunk...)
			chunk[8] &^= 0b1100 // the flags of EXIF and XMP
		}
		out = append(out, chunk...)
	}
	binary.LittleEndian.PutUint32(out[4:8], uint32(len(out)-8))
	return out, nil
}
