package web

import (
	"context"
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/markup"
	"podmove/internal/pod"
	"podmove/transfer"
)

// Compose are the pages on which a person writes, edits and deletes posts.
type Compose struct {
	Site   *Site
	Author *pod.Author
	Window pod.Window
	Markup *markup.Renderer
}

// Mount adds the pages.
func (w Compose) Mount(r gin.IRouter) {
	in := w.Site.SignedIn()
	r.GET("/posts/new", in, w.blank)
	r.POST("/posts", in, w.publish)
	r.GET("/posts/:key/edit", in, w.filled)
	r.POST("/posts/:key/edit", in, w.save)
	r.GET("/posts/:key/delete", in, w.sure)
	r.POST("/posts/:key/delete", in, w.remove)
}

// postForm is what templates/post-form.html shows.
type postForm struct {
	GUID     string // of the post that is edited; empty for a new one
	Action   string
	Back     string
	Text     string
	Public   bool
	Photos   []formPhoto
	Aspects  []formAspect
	MaxPhoto int64
	Preview  template.HTML
	Field    string // what is wrong
	Message  string // and why

	typed url.Values // with descriptions of photos that are not stored
}

type formPhoto struct{ GUID, Small, Text string }

type formAspect struct {
	GUID, Name string
	People     int64
	On         bool
	Typed      string // another name, not stored
}

func (w Compose) blank(c *gin.Context) {
	w.show(c, http.StatusOK, postForm{Public: true}, pod.Draft{})
}

// show shows the form with what a draft holds.
func (w Compose) show(c *gin.Context, status int, f postForm, d pod.Draft) {
	a, _ := w.Site.Account(c)
	ctx := c.Request.Context()
	f.Action, f.Back, f.Text, f.MaxPhoto = "/posts", "/", d.Text, w.Author.MaxPhoto
	if f.GUID != "" {
		f.Back = "/posts/" + f.GUID
		f.Action = f.Back + "/edit"
	}
	var err error
	f.Photos, err = w.photos(ctx, a.ID, d.Photos)
	for i, p := range f.Photos {
		if f.typed.Has("text-" + p.GUID) {
			f.Photos[i].Text = f.typed.Get("text-" + p.GUID)
		}
	}
	if err == nil && f.GUID == "" {
		f.Aspects, err = aspectsFor(ctx, w.Author.Shelves, a.ID, d.Aspects)
	}
	if err != nil {
		w.Site.Fail(c, err)
		return
	}
	w.Site.Page(c, status, "post-form", f)
}

func (w Compose) photos(ctx context.Context, account int64, guids []string) (list []formPhoto, err error) {
	found, err := w.Window.VisiblePhotos(ctx, account, guids, pod.Viewer{Account: account})
	for _, guid := range guids {
		if i := slices.IndexFunc(found, func(p pod.Photo) bool { return p.GUID == guid }); i >= 0 {
			list = append(list, formPhoto{guid, photoPath(pod.ThumbMedium, found[i].File), found[i].Item.Text})
		}
	}
	return list, err
}

// aspectsFor are an account's aspects as ticks.
func aspectsFor(ctx context.Context, s pod.Shelves, account int64, on []string) (list []formAspect, err error) {
	aspects, err := s.Aspects(ctx, account)
	for _, a := range aspects {
		list = append(list, formAspect{GUID: a.GUID, Name: a.Item.Name, People: a.Contacts, On: slices.Contains(on, a.GUID)})
	}
	return list, err
}

// read reads the form: what its files hold is kept, and described as it says.
// What came of a form that is refused stays, for the form that is shown again.
func (w Compose) read(c *gin.Context, account int64) (d pod.Draft, form url.Values, err error) {
	ctx := c.Request.Context()
	var added []string
	form, err = readForm(c, func(file io.Reader) error {
		photo, err := w.Author.AddPhoto(ctx, account, file)
		if err == nil {
			added = append(added, photo.GUID)
		}
		return err
	})
	left := form["remove"]
	d = pod.Draft{Text: form.Get("text"), Public: form.Get("audience") == "public", Aspects: form["aspect"]}
	for _, guid := range form["photo"] {
		if !slices.Contains(left, guid) && !slices.Contains(d.Photos, guid) {
			d.Photos = append(d.Photos, guid)
		}
	}
	d.Photos = append(d.Photos, added...)
	if err != nil {
		return d, form, err
	}
	return d, form, w.describe(ctx, account, d.Photos, form)
}

func (w Compose) describe(ctx context.Context, account int64, photos []string, form url.Values) error {
	for _, guid := range photos {
		if !form.Has("text-" + guid) {
			continue
		}
		if err := w.Author.Describe(ctx, account, guid, form.Get("text-"+guid)); err != nil && !errors.Is(err, pod.ErrHidden) {
			return err
		}
	}
	return nil
}

// again shows the form once more: with a preview, or with what is wrong.
func (w Compose) again(c *gin.Context, f postForm, d pod.Draft, err error) {
	f.Public = d.Public
	if err == nil {
		f.Preview = w.Markup.HTML(d.Text)
		w.show(c, http.StatusOK, f, d)
		return
	}
	var status int
	if f.Field, f.Message, status = w.Site.wrong(c, err); status == 0 {
		w.Site.Fail(c, err)
		return
	}
	w.show(c, status, f, d)
}

func (w Compose) publish(c *gin.Context) {
	a, _ := w.Site.Account(c)
	d, form, err := w.read(c, a.ID)
	if err != nil || form.Get("do") == "preview" {
		w.again(c, postForm{typed: form}, d, err)
		return
	}
	guid, err := w.Author.Post(c.Request.Context(), a.ID, d)
	if err != nil {
		w.again(c, postForm{typed: form}, d, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/posts/"+guid)
}

// own is the post that an address names, if it is the person's.
func (w Compose) own(c *gin.Context) (pod.Shown, bool) {
	a, _ := w.Site.Account(c)
	key, ok := pod.ParsePostKey(c.Param("key"))
	if !ok {
		w.Site.Missing(c)
		return pod.Shown{}, false
	}
	shown, err := w.Window.Post(c.Request.Context(), key, w.Site.Viewer(c))
	switch {
	case errors.Is(err, pod.ErrHidden) || err == nil && shown.Account != a.ID:
		w.Site.Missing(c)
		return shown, false
	case err != nil:
		w.Site.Fail(c, err)
		return shown, false
	}
	return shown, true
}

func (w Compose) filled(c *gin.Context) {
	if post, ok := w.own(c); ok {
		w.show(c, http.StatusOK, postForm{GUID: post.GUID}, draftOf(post.Item))
	}
}

func draftOf(p transfer.Post) pod.Draft {
	return pod.Draft{Text: p.Text, Photos: p.Photos, Public: p.Public}
}

func (w Compose) save(c *gin.Context) {
	post, ok := w.own(c)
	if !ok {
		return
	}
	a, _ := w.Site.Account(c)
	d, form, err := w.read(c, a.ID)
	if err == nil && form.Get("do") != "preview" {
		if err = w.Author.Edit(c.Request.Context(), a.ID, post.GUID, d); err == nil {
			c.Redirect(http.StatusSeeOther, "/posts/"+post.GUID)
			return
		}
	}
	w.again(c, postForm{GUID: post.GUID, typed: form}, d, err)
}

// sure asks before something is deleted.
func (w Compose) sure(c *gin.Context) {
	post, ok := w.own(c)
	if !ok {
		return
	}
	list, err := shelf{w.Site, w.Window, w.Markup}.posts(c, post.Author, []pod.Shown{post})
	if err != nil {
		w.Site.Fail(c, err)
		return
	}
	list[0].Own = false // what one could do with it stands below
	w.Site.Page(c, http.StatusOK, "confirm", confirmation{
		Title: w.Site.say(c, locale.Key("Delete this post?")), Text: w.Site.say(c, locale.Key("It goes with the photos that no other post shows. This cannot be undone.")),
		Button: w.Site.say(c, locale.Key("Delete")), Action: "/posts/" + post.GUID + "/delete", Back: "/posts/" + post.GUID, Post: &list[0],
	})
}

// confirmation is what templates/confirm.html shows.
type confirmation struct {
	Title, Text, Button, Action, Back string

	Post  *shownPost
	Photo *shownPhoto
}

func (w Compose) remove(c *gin.Context) {
	post, ok := w.own(c)
	if !ok {
		return
	}
	if err := w.Author.Shelves.DeletePost(c.Request.Context(), post.Account, post.GUID); err != nil && !errors.Is(err, pod.ErrHidden) {
		w.Site.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}
