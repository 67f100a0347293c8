package web

import (
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/markup"
	"podmove/internal/pod"
)

// pageSize is how many posts a page lists.
const pageSize = 20

// Public are the pages under the addresses that outsiders link to, in the
// shapes of diaspora*. What a viewer may not see is Missing.
type Public struct {
	Site   *Site
	Window pod.Window
	Markup *markup.Renderer
	Images Images
}

// Mount adds the pages.
func (p Public) Mount(r gin.IRouter) {
	r.GET("/posts/:key", p.post)
	r.GET("/p/:key", p.post)
	r.GET("/people/:guid", p.withGUID)
	r.GET("/u/:username", p.named)
	r.GET("/public/:feed", p.feed)
	r.GET("/uploads/images/:file", p.photo)
}

func (p Public) shelf() shelf { return shelf{p.Site, p.Window, p.Markup} }

// fail answers alike for what is not there and what is not for this viewer.
func (p Public) fail(c *gin.Context, err error) {
	if errors.Is(err, pod.ErrHidden) {
		p.Site.Missing(c)
		return
	}
	p.Site.Fail(c, err)
}

func (p Public) post(c *gin.Context) {
	key, ok := pod.ParsePostKey(c.Param("key"))
	if !ok {
		p.Site.Missing(c)
		return
	}
	shown, err := p.Window.Post(c.Request.Context(), key, p.Site.Viewer(c))
	if err != nil {
		p.fail(c, err)
		return
	}
	list, err := p.shelf().posts(c, shown.Author, []pod.Shown{shown})
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "post", list[0])
}

func (p Public) withGUID(c *gin.Context) {
	person, err := p.Window.WithGUID(c.Request.Context(), c.Param("guid"), p.Site.Viewer(c))
	p.person(c, person, err)
}

func (p Public) named(c *gin.Context) {
	person, err := p.Window.Named(c.Request.Context(), c.Param("username"), p.Site.Viewer(c))
	p.person(c, person, err)
}

// personPage is what templates/person.html shows.
type personPage struct {
	pod.Person
	Photo string // path of the avatar
	Bio   template.HTML
	Posts []shownPost
	Older string // query of the next page; empty if this is the last
	Own   bool   // the viewer is this person
}

func (p Public) person(c *gin.Context, person pod.Person, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	page, err := p.shelf().personPage(c, person, p.Site.Viewer(c))
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "person", page)
}

func (s shelf) personPage(c *gin.Context, person pod.Person, v pod.Viewer) (personPage, error) {
	ctx := c.Request.Context()
	page := personPage{Person: person, Own: v.Account == person.Account.ID && person.State == pod.Active}
	if person.Avatar != "" {
		page.Photo = photoPath(pod.ThumbMedium, person.Avatar)
	}
	if person.Profile.Bio != "" {
		page.Bio = s.Markup.HTML(person.Profile.Bio)
	}
	list, err := s.Window.Posts(ctx, person, v, mark(c.Query("before")), pageSize+1)
	if err != nil {
		return page, err
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		page.Older = "?before=" + spell(list[pageSize-1].Mark())
	}
	more := make([]bool, len(list))
	for i := range list {
		list[i].Item.Text, more[i] = beginning(list[i].Item.Text)
	}
	page.Posts, err = s.posts(c, person, list)
	for i := range page.Posts {
		page.Posts[i].More = more[i]
	}
	return page, err
}

// spell writes a mark for an address; mark reads it. What is no mark is the
// start of the list.
func spell(m pod.Mark) string {
	return strconv.FormatInt(m.At.UnixMilli(), 10) + "_" + strconv.FormatInt(m.Number, 10)
}

func mark(s string) pod.Mark {
	at, number, _ := strings.Cut(s, "_")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return pod.Mark{}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 {
		return pod.Mark{}
	}
	return pod.Mark{At: time.UnixMilli(ms).UTC(), Number: n}
}
