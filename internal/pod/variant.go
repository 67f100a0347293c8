package pod

import (
	"image"
	"strings"

	"podmove/transfer"
)

// A Variant is a size in which a photo is shown. It is also the part of the
// photo's address that asks for it, as in diaspora*:
// /uploads/images/thumb_small_9cc823151b8d34be81ec.gif.
type Variant string

// The variants of diaspora*. Original is the photo byte for byte.
const (
	Original    Variant = ""
	ThumbSmall  Variant = "thumb_small_"  // 50 × 50 pixels, cut to fit
	ThumbMedium Variant = "thumb_medium_" // 100 × 100 pixels, cut to fit
	ThumbLarge  Variant = "thumb_large_"  // within 300 × 1,500 pixels
	ScaledFull  Variant = "scaled_full_"  // at most 700 pixels wide
)

// Variants lists the variants, the original first.
func Variants() []Variant {
	return []Variant{Original, ThumbSmall, ThumbMedium, ThumbLarge, ScaledFull}
}

// ParsePhotoFile takes the last part of /uploads/images/{variant}{file} apart. A
// file name holds no underscore, so that there is one way to read it.
func ParsePhotoFile(s string) (v Variant, file string, ok bool) {
	for _, v := range Variants()[1:] {
		if file, ok := strings.CutPrefix(s, string(v)); ok {
			return v, file, transfer.ValidName(file)
		}
	}
	return Original, s, transfer.ValidName(s)
}

// fit says which part of a picture of that size the variant shows, and how
// large. Nothing is ever enlarged: a picture that is small enough is shown
// whole and as large as it is.
func (v Variant) fit(size image.Point) (part image.Rectangle, shown image.Point) {
	whole := image.Rectangle{Max: size}
	switch v {
	case ThumbSmall:
		return cut(size, 50)
	case ThumbMedium:
		return cut(size, 100)
	case ThumbLarge:
		return whole, within(size, 300, 1500)
	case ScaledFull:
		return whole, within(size, 700, size.Y)
	default:
		return whole, size
	}
}

// cut is the square in the middle, shown with sides of at most side pixels.
func cut(size image.Point, side int) (image.Rectangle, image.Point) {
	short := min(size.X, size.Y)
	corner := image.Pt((size.X-short)/2, (size.Y-short)/2)
	side = min(side, short)
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(short, short))}, image.Pt(side, side)
}

// within shrinks size to width and height and keeps its proportions.
func within(size image.Point, width, height int) image.Point {
	if size.X > width {
		size = image.Pt(width, max(1, size.Y*width/size.X))
	}
	if size.Y > height {
		size = image.Pt(max(1, size.X*height/size.Y), height)
	}
	return size
}
