package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/internal/markup"
	"podmove/internal/pod"
)

// Home is the first page.
type Home struct {
	Site   *Site
	Window pod.Window
	Markup *markup.Renderer
}

// Mount adds the page.
func (h Home) Mount(r gin.IRouter) {
	r.GET("/", h.home)
}

func (h Home) home(c *gin.Context) {
	a, ok := h.Site.Account(c)
	if !ok {
		h.Site.Page(c, http.StatusOK, "welcome", h.Site)
		return
	}
	viewer := h.Site.Viewer(c)
	person, err := h.Window.Named(c.Request.Context(), a.Username, viewer)
	if err != nil {
		h.Site.Fail(c, err)
		return
	}
	page, err := shelf(h).personPage(c, person, viewer)
	if err != nil {
		h.Site.Fail(c, err)
		return
	}
	h.Site.Page(c, http.StatusOK, "home", page)
}
