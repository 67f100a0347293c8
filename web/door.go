package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/audit"
	"podmove/internal/locale"
	"podmove/internal/pod"
)

// A Gate makes accounts and checks passwords, and counts what fails.
type Gate interface {
	SignIn(ctx context.Context, t pod.Try) (pod.Account, error)
	SignUp(ctx context.Context, from netip.Addr, n pod.NewAccount) (pod.Account, error)
	NeedsCode(ctx context.Context, a pod.Account) (bool, error)
	Code(ctx context.Context, a pod.Account, code string, t pod.Try) error
	Device(a pod.Account) string
}

// Doors are the pages through which people come and go.
type Doors struct {
	Site *Site
	Gate Gate
	// Refused hears of everybody who is not let in; nil if nobody listens.
	Refused func(ctx context.Context, kind audit.Kind, username string, from netip.Addr)
	Now     func() time.Time
}

// Mount adds the pages.
func (d Doors) Mount(r gin.IRouter) {
	r.GET("/sign-in", d.signInForm)
	r.POST("/sign-in", d.signIn)
	r.GET(codePath, d.codeForm)
	r.POST(codePath, d.code)
	r.POST("/sign-out", d.signOut)
	r.GET("/sign-up", d.signUpForm)
	r.POST("/sign-up", d.signUp)
}

// doorForm is what the sign-in and sign-up pages show.
type doorForm struct {
	Next     string // where to go afterwards
	Username string
	Email    string
	Again    bool   // the person is signed in and is asked to prove it
	Moving   bool   // the way leads to bringing an account here
	Closed   bool   // no sign-up here
	Field    string // what is wrong
	Message  string // and why
}

// form leads on to next, if that is a path of this site.
func (d Doors) form(next string) doorForm {
	next = local(next)
	moving := next == "/move" || strings.HasPrefix(next, "/move?")
	return doorForm{Next: next, Moving: moving, Closed: d.Site.Closed}
}

func (d Doors) signInForm(c *gin.Context) {
	form := d.form(c.Query("next"))
	if a, ok := d.Site.Account(c); ok {
		if form.Next == "/" {
			c.Redirect(http.StatusSeeOther, "/")
			return
		}
		form.Again, form.Username = true, a.Username
	}
	d.Site.Page(c, http.StatusOK, "sign-in", form)
}

func (d Doors) signIn(c *gin.Context) {
	form := d.form(c.PostForm("next"))
	form.Username = c.PostForm("username")
	at := d.Now()
	a, err := d.Gate.SignIn(c.Request.Context(), pod.Try{
		Username: form.Username, Password: c.PostForm("password"), From: d.Site.from(c.Request), Device: d.device(c, form.Username),
	})
	switch {
	case errors.Is(err, pod.ErrWrongPassword):
		// Without the username: people type passwords into that field.
		d.Site.Log.WarnContext(c, "refused a sign-in", "from", d.Site.from(c.Request))
		d.refused(c, audit.SignInFailed, form.Username)
		form.Message = d.Site.say(c, locale.Key("Username and password do not belong together. Look at both and try again."))
		d.Site.Page(c, http.StatusUnprocessableEntity, "sign-in", form)
	case d.Site.tooMany(c, err, &form.Message):
		d.refused(c, audit.SignInThrottled, form.Username)
		d.Site.Page(c, http.StatusTooManyRequests, "sign-in", form)
	case err != nil:
		d.Site.Fail(c, err)
	default:
		d.step(c, a, at, form.Next)
	}
}

// refused tells who listens that somebody was not let in.
func (d Doors) refused(c *gin.Context, kind audit.Kind, username string) {
	if d.Refused != nil {
		d.Refused(c.Request.Context(), kind, username, d.Site.from(c.Request))
	}
}

// enter signs the account in whose password was typed at a moment, and goes on.
func (d Doors) enter(c *gin.Context, a pod.Account, err error, at time.Time, next string) {
	if err == nil {
		err = d.Site.Sessions.SignIn(c.Request.Context(), a.ID, at)
	}
	if err != nil {
		d.Site.Fail(c, err)
		return
	}
	d.remember(c, a)
	c.Redirect(http.StatusSeeOther, next)
}

func (d Doors) signOut(c *gin.Context) {
	if err := d.Site.Sessions.SignOut(c.Request.Context()); err != nil {
		d.Site.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func (d Doors) signUpForm(c *gin.Context) {
	d.Site.Page(c, http.StatusOK, "sign-up", d.form(c.Query("next")))
}

func (d Doors) signUp(c *gin.Context) {
	form := d.form(c.PostForm("next"))
	form.Username, form.Email = c.PostForm("username"), c.PostForm("email")
	if form.Closed {
		d.Site.Page(c, http.StatusForbidden, "sign-up", form)
		return
	}
	at := d.Now()
	a, err := d.Gate.SignUp(c.Request.Context(), d.Site.from(c.Request), pod.NewAccount{
		Username: form.Username, Email: form.Email, Password: c.PostForm("password"),
	})
	if d.Site.tooMany(c, err, &form.Message) {
		d.Site.Page(c, http.StatusTooManyRequests, "sign-up", form)
		return
	}
	if refusal, ok := errors.AsType[pod.Refusal](err); ok {
		form.Field, form.Message = string(refusal.Field), d.Site.words(c, err)
		d.Site.Page(c, http.StatusUnprocessableEntity, "sign-up", form)
		return
	}
	if err != nil {
		d.Site.Fail(c, err)
		return
	}
	d.welcome(c, a, at, form.Next)
}

// welcome signs a new account in. Where that fails the account is there all the
// same, and its person types the password once more.
func (d Doors) welcome(c *gin.Context, a pod.Account, at time.Time, next string) {
	if err := d.Site.Sessions.SignIn(c.Request.Context(), a.ID, at); err != nil {
		d.Site.Log.WarnContext(c, "a new account is not signed in", "error", err)
		c.Redirect(http.StatusSeeOther, "/sign-in?next="+url.QueryEscape(next))
		return
	}
	d.remember(c, a)
	c.Redirect(http.StatusSeeOther, next)
}
