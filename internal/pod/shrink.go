package pod

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// maxPixels bounds what is decoded: a small file can claim any size.
const maxPixels = 40_000_000

// A codec reads pictures of one type.
type codec struct {
	size  func(io.Reader) (image.Config, error)
	whole func(io.Reader) (image.Image, error) // of a GIF the first frame
}

var codecs = map[string]codec{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/gif":  {gif.DecodeConfig, gif.Decode},
	"image/webp": {webp.DecodeConfig, webp.Decode},
}

// errAsItIs means that the original is what to show.
var errAsItIs = errors.New("pod: the original will do")

// shrink makes a variant of a picture: a JPEG of what cannot be transparent, a
// PNG of the rest.
func shrink(content io.ReadSeeker, contentType string, v Variant) ([]byte, error) {
	full, err := decode(content, contentType, v)
	if err != nil {
		return nil, err
	}
	part, shown := v.fit(full.Bounds().Size())
	small := image.NewRGBA(image.Rectangle{Max: shown})
	draw.BiLinear.Scale(small, small.Bounds(), full, part.Add(full.Bounds().Min), draw.Src, nil)
	var out bytes.Buffer
	if small.Opaque() && contentType != "image/png" && contentType != "image/gif" {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 85})
	} else {
		err = png.Encode(&out, small)
	}
	return out.Bytes(), err
}

// decode reads the picture, after a look at its size: errAsItIs if the variant
// needs nothing done, or nothing can be.
func decode(content io.ReadSeeker, contentType string, v Variant) (image.Image, error) {
	codec, ok := codecs[contentType]
	if !ok {
		return nil, errAsItIs
	}
	c, err := codec.size(content)
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, errAsItIs
	}
	size := image.Pt(c.Width, c.Height)
	if part, shown := v.fit(size); part.Size() == size && shown == size {
		return nil, errAsItIs
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	full, err := codec.whole(content)
	if err != nil || full.Bounds().Size() != size {
		return nil, errAsItIs
	}
	return full, nil
}
