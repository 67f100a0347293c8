package web

import (
	"errors"
	"net/http"
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
	Older   string // query of the next page
	Message string
}

func (p Pictures) list(c *gin.Context) {
	a, _ := p.Site.Account(c)
	found, err := p.Author.Shelves.OwnPhotos(c.Request.Context(), a.ID, mark(c.Query("before")), pageSize+1)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	var page photoList
	if len(found) > pageSize {
		found = found[:pageSize]
		page.Older = "?before=" + spell(found[pageSize-1].Mark())
	}
	for _, f := range found {
		page.Photos = append(page.Photos, ownPhoto{
			shownPhoto{photoPath(pod.ThumbMedium, f.File), photoPath(pod.Original, f.File), f.Item.Text},
			f.GUID, f.Item.CreatedAt.Time(), f.Item.Size, f.Posts,
		})
	}
	p.Site.Page(c, http.StatusOK, "photos", page)
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
	if refusal, ok := errors.AsType[pod.Refusal](err); ok {
		p.Site.Problem(c, http.StatusUnprocessableEntity, p.Site.say(c, refused), p.Site.words(c, refusal))
		return
	}
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/photos")
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
