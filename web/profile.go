package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/transfer"
)

// ProfileForm is the page on which a person says who they are.
type ProfileForm struct {
	Site   *Site
	Author *pod.Author
	Window pod.Window
}

// Mount adds the page.
func (p ProfileForm) Mount(r gin.IRouter) {
	in := p.Site.SignedIn()
	r.GET("/settings/profile", in, p.form)
	r.POST("/settings/profile", in, p.save)
}

// profilePage is what templates/profile.html shows.
type profilePage struct {
	Profile transfer.Profile
	Photo   string // path of the avatar
	Tags    string
	Message string
}

func (p ProfileForm) form(c *gin.Context) {
	a, _ := p.Site.Account(c)
	person, err := p.Window.Named(c.Request.Context(), a.Username, p.Site.Viewer(c))
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.show(c, http.StatusOK, person, person.Profile, "")
}

func (p ProfileForm) show(c *gin.Context, status int, person pod.Person, profile transfer.Profile, message string) {
	page := profilePage{Profile: profile, Message: message}
	for _, tag := range profile.Tags {
		page.Tags += "#" + tag + " "
	}
	if person.Avatar != "" {
		page.Photo = photoPath(pod.ThumbMedium, person.Avatar)
	}
	p.Site.Page(c, status, "profile", page)
}

func (p ProfileForm) save(c *gin.Context) {
	a, _ := p.Site.Account(c)
	ctx := c.Request.Context()
	person, err := p.Window.Named(ctx, a.Username, p.Site.Viewer(c))
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	avatar := person.Profile.Avatar
	form, err := readForm(c, func(file io.Reader) error {
		photo, err := p.Author.AddAvatar(ctx, a.ID, file)
		avatar = photo.GUID
		return err
	})
	profile := filledIn(form)
	if profile.Avatar = avatar; form.Get("no_avatar") == "yes" && avatar == person.Profile.Avatar {
		profile.Avatar = ""
	}
	if err == nil {
		err = p.Author.Introduce(ctx, a.ID, profile)
	}
	_, message, status := p.Site.wrong(c, err)
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/u/"+a.Username)
	case status != 0:
		p.show(c, status, person, profile, message)
	default:
		p.Site.Fail(c, err)
	}
}

// filledIn is the profile that a form says.
func filledIn(form url.Values) transfer.Profile {
	p := transfer.Profile{
		FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Bio: form.Get("bio"), Location: form.Get("location"),
		Gender: form.Get("gender"), Birthday: form.Get("birthday"),
		Public: form.Get("public") == "yes", Searchable: form.Get("searchable") == "yes", NSFW: form.Get("nsfw") == "yes",
	}
	for tag := range strings.FieldsSeq(strings.ReplaceAll(form.Get("tags"), ",", " ")) {
		if tag = strings.TrimLeft(tag, "#"); tag != "" {
			p.Tags = append(p.Tags, tag)
		}
	}
	return p
}
