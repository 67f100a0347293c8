package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/audit"
	"podmove/internal/pod"
)

// codePath is the page of a sign-in's second step.
const codePath = "/sign-in/code"

// codeForm is what templates/sign-in-code.html shows.
type codeForm struct{ Next, Message string }

// step goes on after a password that was right: to the page that asks for a
// code, or in.
func (d Doors) step(c *gin.Context, a pod.Account, at time.Time, next string) {
	ctx := c.Request.Context()
	needs, err := d.Gate.NeedsCode(ctx, a)
	if err == nil && needs {
		err = d.Site.Sessions.Await(ctx, a.ID, at)
	}
	if err != nil || !needs {
		d.enter(c, a, err, at, next)
		return
	}
	c.Redirect(http.StatusSeeOther, codePath+"?next="+url.QueryEscape(next))
}

// awaited is the account whose code this browser owes, and when its password was
// typed. Without one it sends the browser to the sign-in page.
func (d Doors) awaited(c *gin.Context, next string) (a pod.Account, at time.Time, ok bool) {
	ctx := c.Request.Context()
	id, at := d.Site.Sessions.Awaited(ctx)
	err := pod.ErrNoAccount
	if id != 0 {
		a, err = d.Site.accounts.Account(ctx, id)
	}
	switch {
	case err != nil && !errors.Is(err, pod.ErrNoAccount):
		d.Site.Fail(c, err)
	case err != nil, a.State == pod.Closed, at.Before(a.SessionsFrom):
		d.Site.SignIn(c, next)
	default:
		return a, at, true
	}
	return pod.Account{}, time.Time{}, false
}

func (d Doors) codeForm(c *gin.Context) {
	next := local(c.Query("next"))
	if _, _, ok := d.awaited(c, next); ok {
		d.Site.Page(c, http.StatusOK, "sign-in-code", codeForm{Next: next})
	}
}

func (d Doors) code(c *gin.Context) {
	form := codeForm{Next: local(c.PostForm("next"))}
	a, at, ok := d.awaited(c, form.Next)
	if !ok {
		return
	}
	err := d.Gate.Code(c.Request.Context(), a, c.PostForm("code"), pod.Try{From: d.Site.from(c.Request), Device: d.device(c, a.Username)})
	switch {
	case errors.Is(err, pod.ErrWrongCode):
		d.Site.Log.WarnContext(c, "refused a code at a sign-in", "account", a.GUID, "from", d.Site.from(c.Request))
		d.refused(c, audit.SignInFailed, a.Username)
		form.Message = d.Site.say(c, wrongCode)
		d.Site.Page(c, http.StatusUnprocessableEntity, "sign-in-code", form)
	case d.Site.tooMany(c, err, &form.Message):
		d.refused(c, audit.SignInThrottled, a.Username)
		d.Site.Page(c, http.StatusTooManyRequests, "sign-in-code", form)
	default:
		d.enter(c, a, err, at, form.Next)
	}
}
