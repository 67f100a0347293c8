package web

import (
	"context"
	"net/http"
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
	// A stranger's bytes: never a page, a script or a frame of this pod.
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Header("Content-Type", image.Type)
	c.Header("ETag", image.ETag)
	c.Header("Cache-Control", "private, no-cache") // who may see it can change
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, image)
}
