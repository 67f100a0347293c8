package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/transfer"
)

// Images open photos in the sizes in which they are shown.
type Images interface {
	Open(ctx context.Context, p transfer.Photo, v pod.Variant) (pod.Image, error)
}

func (p Public) photo(c *gin.Context) {
	ctx := c.Request.Context()
	variant, file, ok := pod.ParsePhotoFile(c.Param("file"))
	if !ok {
		p.Site.Missing(c)
		return
	}
	photo, err := p.Window.VisiblePhoto(ctx, file, p.Site.Viewer(c))
	if err != nil {
		p.fail(c, err)
		return
	}
	image, err := p.Images.Open(ctx, photo.Item, variant)
	if err != nil {
		p.fail(c, err)
		return
	}
	defer image.Close()
	sandboxed(c, image.Type)
	c.Header("ETag", image.ETag)
	c.Header("Cache-Control", "private, no-cache") // who may see it can change
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, image)
}

// sandboxed keeps a stranger's bytes from ever being a page, a script or a frame
// of this pod. What is no type of a photo is only for saving.
func sandboxed(c *gin.Context, contentType string) {
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if !slices.Contains(pictureTypes, contentType) {
		contentType = "application/octet-stream"
		c.Header("Content-Disposition", "attachment")
	}
	c.Header("Content-Type", contentType)
}

// pictureTypes cannot run anything, whatever the bytes are, with nosniff beside
// them; SVG could.
var pictureTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
