package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

// Pictures are the pages about a person's own photos.
type Pictures struct {
	Site   *Site
	Author *pod.Author
}

// Mount adds the pages.
func (p Pictures) Mount(r gin.IRouter) {
	in := p.Site.SignedIn()
	r.GET("/photos", in, p.list)
	r.POST("/photos/:guid", in, p.describe)
	r.GET("/photos/:guid/delete", in, p.sure)
	r.POST("/photos/:guid/delete", in, p.remove)
}

// ownPhoto is what templates/photos.html shows of a photo.
type ownPhoto struct {
	shownPhoto
	GUID  string
	At    time.Time
	Size  int64
	Posts int64
}

// photoList is what templates/photos.html shows.
type photoList struct {
	Photos  []ownPhoto
	Here    string // query of this page
	Older   string // of the next one
	Message string
}

func (p Pictures) list(c *gin.Context) { p.show(c, http.StatusOK, "") }

// show shows the list, and in it what somebody just typed to describe a photo.
func (p Pictures) show(c *gin.Context, status int, message string) {
	a, _ := p.Site.Account(c)
	found, err := p.Author.Shelves.OwnPhotos(c.Request.Context(), a.ID, mark(c.Query("before")), pageSize+1)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	page := photoList{Message: message}
	if before := c.Query("before"); before != "" {
		page.Here = "?" + url.Values{"before": {before}}.Encode()
	}
	if len(found) > pageSize {
		found = found[:pageSize]
		page.Older = "?before=" + spell(found[pageSize-1].Mark())
	}
	for _, f := range found {
		page.Photos = append(page.Photos, ownPhoto{
			shownPhoto{photoPath(pod.ThumbMedium, f.File), photoPath(pod.Original, f.File), f.Item.Text},
			f.GUID, f.Item.CreatedAt.Time(), f.Item.Size, f.Posts,
		})
		if f.GUID == c.Param("guid") {
			page.Photos[len(page.Photos)-1].Text = c.PostForm("text")
		}
	}
	p.Site.Page(c, status, "photos", page)
}

// fail answers alike for what is not there and what is another's.
func (p Pictures) fail(c *gin.Context, err error) {
	if errors.Is(err, pod.ErrHidden) {
		p.Site.Missing(c)
		return
	}
	p.Site.Fail(c, err)
}

func (p Pictures) describe(c *gin.Context) {
	a, _ := p.Site.Account(c)
	err := p.Author.Describe(c.Request.Context(), a.ID, c.Param("guid"), c.PostForm("text"))
	_, message, status := p.Site.wrong(c, err)
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/photos")
	case status != 0:
		p.show(c, status, message)
	default:
		p.fail(c, err)
	}
}

func (p Pictures) sure(c *gin.Context) {
	a, _ := p.Site.Account(c)
	found, err := p.Author.Library.VisiblePhotos(c.Request.Context(), a.ID, []string{c.Param("guid")}, pod.Viewer{Account: a.ID})
	i := slices.IndexFunc(found, func(f pod.Photo) bool { return f.Account == a.ID })
	if err == nil && i < 0 {
		err = pod.ErrHidden
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "confirm", confirmation{
		Title: p.Site.say(c, locale.Key("Delete this photo?")), Text: p.Site.say(c, locale.Key("The posts that show it stay, without it. This cannot be undone.")),
		Button: p.Site.say(c, locale.Key("Delete")), Action: "/photos/" + found[i].GUID + "/delete", Back: "/photos",
		Photo: &shownPhoto{Small: photoPath(pod.ThumbLarge, found[i].File), Text: found[i].Item.Text},
	})
}

func (p Pictures) remove(c *gin.Context) {
	a, _ := p.Site.Account(c)
	if err := p.Author.Shelves.DeletePhoto(c.Request.Context(), a.ID, c.Param("guid")); err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/photos")
}
