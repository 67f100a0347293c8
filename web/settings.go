package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

// Keeping is what a person may change of their account.
type Keeping interface {
	ChangePassword(ctx context.Context, a pod.Account, old, password string) error
	ChangeEmail(ctx context.Context, a pod.Account, email string) error
	SetLanguage(ctx context.Context, a pod.Account, tag string) error
	Close(ctx context.Context, a pod.Account) error
}

// Events are what happened to accounts.
type Events interface {
	// Events are the newest, newest first; before is the number of the one to
	// go on after, or zero.
	Events(ctx context.Context, account, before int64, limit int) ([]pod.Event, error)
}

// Settings are the pages about the account itself.
type Settings struct {
	Site    *Site
	Keeping Keeping
	Events  Events
	Now     func() time.Time
}

// Mount adds the pages.
func (s Settings) Mount(r gin.IRouter) {
	in := s.Site.SignedIn()
	r.GET("/settings", in, s.show)
	r.POST("/settings/language", in, s.language)
	r.POST("/settings/email", in, s.email)
	r.POST("/settings/password", in, s.password)
	r.GET("/settings/close", in, s.sure)
	r.POST("/settings/close", in, s.close)
}

// settingsPage is what templates/settings.html shows.
type settingsPage struct {
	Account   pod.Account
	ID        string
	Languages []*locale.Locale
	Events    []pod.Event
	Done      locale.Key // what was just changed
	Field     string     // what is wrong
	Message   string     // and why
}

// changes are what the page says after a form was taken; the address names one.
var changes = map[string]locale.Key{
	"language": locale.Key("The language is changed."),
	"email":    locale.Key("The e-mail address is changed."),
	"password": locale.Key("The password is changed. Other browsers are signed out, and pods and programs that were connected have to ask you again."),
}

func (s Settings) show(c *gin.Context) {
	s.page(c, http.StatusOK, settingsPage{Done: changes[c.Query("changed")]})
}

func (s Settings) page(c *gin.Context, status int, page settingsPage) {
	a, _ := s.Site.Account(c)
	page.Account, page.ID, page.Languages = a, s.Site.ID(a), s.Site.speaks.All()
	var err error
	if page.Events, err = s.Events.Events(c.Request.Context(), a.ID, 0, 50); err != nil {
		s.Site.Fail(c, err)
		return
	}
	s.Site.Page(c, status, "settings", page)
}

// done goes on after a form, or says what is wrong with it.
func (s Settings) done(c *gin.Context, what string, err error) {
	refusal, refused := errors.AsType[pod.Refusal](err)
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/settings?changed="+what)
	case refused:
		s.page(c, http.StatusUnprocessableEntity, settingsPage{Field: string(refusal.Field), Message: s.Site.words(c, err)})
	default:
		s.Site.Fail(c, err)
	}
}

func (s Settings) language(c *gin.Context) {
	a, _ := s.Site.Account(c)
	tag := c.PostForm("language")
	if _, known := s.Site.speaks.Named(tag); !known {
		tag = ""
	}
	s.done(c, "language", s.Keeping.SetLanguage(c.Request.Context(), a, tag))
}

func (s Settings) email(c *gin.Context) {
	a, _ := s.Site.Account(c)
	if s.Site.IsFresh(c, s.Now(), "/settings#email") {
		s.done(c, "email", s.Keeping.ChangeEmail(c.Request.Context(), a, c.PostForm("email")))
	}
}

func (s Settings) password(c *gin.Context) {
	if !s.Site.IsFresh(c, s.Now(), "/settings#new-password") {
		return
	}
	a, _ := s.Site.Account(c)
	ctx := c.Request.Context()
	err := s.Keeping.ChangePassword(ctx, a, c.PostForm("old"), c.PostForm("password"))
	if err == nil {
		if out := s.Site.Sessions.SignIn(ctx, a.ID, s.Now()); out != nil { // this browser stays, or signs in anew
			s.Site.Log.WarnContext(ctx, "a browser is signed out by its own new password", "error", out)
		}
	}
	s.done(c, "password", err)
}

func (s Settings) sure(c *gin.Context) {
	if !s.Site.IsFresh(c, s.Now(), "/settings/close") {
		return
	}
	s.Site.Page(c, http.StatusOK, "confirm", confirmation{
		Title:  s.Site.say(c, locale.Key("Close the account?")),
		Text:   s.Site.say(c, locale.Key("Everything that is here is deleted: posts, photos, contacts, all of it. This cannot be undone, and nobody gets your username again. You can move to another pod instead.")),
		Button: s.Site.say(c, locale.Key("Close the account for good")), Action: "/settings/close", Back: "/settings",
	})
}

func (s Settings) close(c *gin.Context) {
	if !s.Site.IsFresh(c, s.Now(), "/settings/close") {
		return
	}
	a, _ := s.Site.Account(c)
	ctx := c.Request.Context()
	err := s.Keeping.Close(ctx, a)
	if err == nil {
		if still := s.Site.Sessions.SignOut(ctx); still != nil { // a session without an account is nobody's
			s.Site.Log.WarnContext(ctx, "the session of an account that was closed is still there", "error", still)
		}
	}
	switch {
	case errors.Is(err, pod.ErrMoving):
		s.Site.Problem(c, http.StatusConflict, s.Site.say(c, refused),
			s.Site.say(c, locale.Key("A move of this account is not over. Cancel or undo it first, or wait until it has ended. Nothing was deleted.")))
	case err != nil:
		s.Site.Fail(c, err)
	default:
		s.Site.Problem(c, http.StatusOK, s.Site.say(c, locale.Key("The account is closed")), s.Site.say(c, locale.Key("Everything that was here is deleted.")))
	}
}
