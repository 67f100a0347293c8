package web

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/internal/markup"
	"podmove/internal/pod"
)

// Events are what happened to accounts.
type Events interface {
	// Events are the newest, newest first; before is the number of the one to
	// go on after, or zero.
	Events(ctx context.Context, account, before int64, limit int) ([]pod.Event, error)
}

// Home are the first page, and the account's own.
type Home struct {
	Site   *Site
	Window pod.Window
	Markup *markup.Renderer
	Events Events
}

// Mount adds the pages.
func (h Home) Mount(r gin.IRouter) {
	r.GET("/", h.home)
	r.GET("/settings", h.Site.SignedIn(), h.settings)
}

func (h Home) home(c *gin.Context) {
	a, ok := h.Site.Account(c)
	if !ok {
		h.Site.Page(c, http.StatusOK, "welcome", h.Site.Host)
		return
	}
	viewer := h.Site.Viewer(c)
	person, err := h.Window.Named(c.Request.Context(), a.Username, viewer)
	if err != nil {
		h.Site.Fail(c, err)
		return
	}
	page, err := shelf{h.Site, h.Window, h.Markup}.personPage(c, person, viewer)
	if err != nil {
		h.Site.Fail(c, err)
		return
	}
	h.Site.Page(c, http.StatusOK, "home", page)
}

// settingsPage is what templates/settings.html shows.
type settingsPage struct {
	Account pod.Account
	ID      string
	Events  []pod.Event
}

func (h Home) settings(c *gin.Context) {
	a, _ := h.Site.Account(c)
	events, err := h.Events.Events(c.Request.Context(), a.ID, 0, 50)
	if err != nil {
		h.Site.Fail(c, err)
		return
	}
	h.Site.Page(c, http.StatusOK, "settings", settingsPage{a, h.Site.ID(a), events})
}
