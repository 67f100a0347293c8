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

// Steps switch the second step of a person's sign-in on and off.
type Steps interface {
	Stand(ctx context.Context, a pod.Account) (pod.SecondStep, error)
	Begin(ctx context.Context, a pod.Account) error
	Enrolment(ctx context.Context, a pod.Account) (pod.Enrolment, error)
	Confirm(ctx context.Context, a pod.Account, code string) (codes []string, err error)
	Renew(ctx context.Context, a pod.Account) (codes []string, err error)
	Off(ctx context.Context, a pod.Account) error
}

// TwoStep are the pages about it.
type TwoStep struct {
	Site  *Site
	Steps Steps
	Now   func() time.Time
}

// twoStepPath is the page on which the buttons are.
const twoStepPath = "/settings/two-step"

// Mount adds the pages.
func (s TwoStep) Mount(r gin.IRouter) {
	in := s.Site.SignedIn()
	r.GET(twoStepPath, in, s.show)
	r.POST(twoStepPath+"/begin", in, s.fresh, s.begin)
	r.GET(twoStepPath+"/set-up", in, s.fresh, s.setUp)
	r.GET(twoStepPath+"/picture", in, s.fresh, s.picture)
	r.POST(twoStepPath+"/on", in, s.fresh, s.on)
	r.POST(twoStepPath+"/codes", in, s.fresh, s.codes)
	r.POST(twoStepPath+"/off", in, s.fresh, s.off)
}

func (s TwoStep) fresh(c *gin.Context) { s.Site.IsFresh(c, s.Now(), twoStepPath) }

func (s TwoStep) show(c *gin.Context) {
	a, _ := s.Site.Account(c)
	stand, err := s.Steps.Stand(c.Request.Context(), a)
	if err != nil {
		s.Site.Fail(c, err)
		return
	}
	s.Site.Page(c, http.StatusOK, "two-step", stand)
}

// back leads to the page that says how it stands: what was asked for is done, or
// was done in another window.
func (s TwoStep) back(c *gin.Context, err error) {
	if err != nil && !errors.Is(err, pod.ErrTwoStepOn) && !errors.Is(err, pod.ErrNoTwoStep) {
		s.Site.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, twoStepPath)
}

func (s TwoStep) begin(c *gin.Context) {
	a, _ := s.Site.Account(c)
	if err := s.Steps.Begin(c.Request.Context(), a); err != nil {
		s.back(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, twoStepPath+"/set-up")
}

// setUpPage is what templates/two-step-set-up.html shows.
type setUpPage struct{ Secret, Message string }

func (s TwoStep) setUp(c *gin.Context) { s.showSetUp(c, http.StatusOK, "") }

func (s TwoStep) showSetUp(c *gin.Context, status int, message string) {
	a, _ := s.Site.Account(c)
	e, err := s.Steps.Enrolment(c.Request.Context(), a)
	if err != nil {
		s.back(c, err)
		return
	}
	s.Site.Page(c, status, "two-step-set-up", setUpPage{e.Secret, message})
}

// picture has an address of its own, so that the page's policy need not allow
// pictures that stand in a page.
func (s TwoStep) picture(c *gin.Context) {
	a, _ := s.Site.Account(c)
	e, err := s.Steps.Enrolment(c.Request.Context(), a)
	if err != nil {
		s.Site.Missing(c)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "image/png", e.Picture)
}

func (s TwoStep) on(c *gin.Context) {
	a, _ := s.Site.Account(c)
	codes, err := s.Steps.Confirm(c.Request.Context(), a, c.PostForm("code"))
	switch {
	case errors.Is(err, pod.ErrWrongCode):
		s.showSetUp(c, http.StatusUnprocessableEntity, s.Site.say(c, wrongCode))
	case err != nil:
		s.back(c, err)
	default:
		s.Site.Page(c, http.StatusOK, "recovery-codes", recoveryPage{codes, true})
	}
}

// recoveryPage is what templates/recovery-codes.html shows, once.
type recoveryPage struct {
	Codes []string
	First bool // it was switched on just now
}

func (s TwoStep) codes(c *gin.Context) {
	a, _ := s.Site.Account(c)
	codes, err := s.Steps.Renew(c.Request.Context(), a)
	if err != nil {
		s.back(c, err)
		return
	}
	s.Site.Page(c, http.StatusOK, "recovery-codes", recoveryPage{codes, false})
}

func (s TwoStep) off(c *gin.Context) {
	a, _ := s.Site.Account(c)
	s.back(c, s.Steps.Off(c.Request.Context(), a))
}

// wrongCode is what is said of a code that was not taken.
const wrongCode = locale.Key("This code is not right, is too old, or was used before. Wait for the next one and try again; if none is right, look at the clock of your phone.")
