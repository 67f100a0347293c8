package web

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
)

// oops is what a person reads when the fault is ours.
const oops = "This is our fault, not yours. Try again in a moment; if it goes on, tell the people who run this pod."

// problem is what templates/problem.html shows.
type problem struct{ Title, Text string }

// Problem answers with a page that says what went wrong: text says what
// happened, what was kept, and what to do.
func (s *Site) Problem(c *gin.Context, status int, title, text string) {
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		c.Header("Retry-After", "60") // Protocol §8
	}
	s.Page(c, status, "problem", problem{title, text})
	c.Abort()
}

// Fail answers with what err means to a person. A *transfer.Error speaks for
// itself; anything else is our fault and goes to the log.
func (s *Site) Fail(c *gin.Context, err error) {
	e, ok := errors.AsType[*transfer.Error](err)
	switch {
	case ok && e.Code == transfer.NotFound:
		s.Missing(c)
	case ok && e.Code != transfer.Internal:
		s.Problem(c, status(e.Code), "That did not work", e.Message)
	default:
		s.Log.ErrorContext(c, "a page failed", "path", c.FullPath(), "error", err)
		s.Problem(c, http.StatusInternalServerError, "Something went wrong here", oops)
	}
}

func status(code transfer.Code) int {
	switch code {
	case transfer.RequestInvalid:
		return http.StatusBadRequest
	case transfer.NotGranted, transfer.AccountAdmin:
		return http.StatusForbidden
	case transfer.RateLimited:
		return http.StatusTooManyRequests
	case transfer.Unavailable, transfer.PodUnreachable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusConflict
	}
}

// Missing is the one answer for what never was, was deleted, or is not for the
// person who asks: the same bytes whatever the address, and whoever looks
// (Protocol §6.1).
func (s *Site) Missing(c *gin.Context) {
	write(c.Writer, http.StatusNotFound, s.missing)
	c.Abort()
}

func (s *Site) renderMissing() ([]byte, error) {
	return s.render("problem", view{Host: s.Host, Contact: s.contact, Data: problem{
		"There is nothing here",
		"The address may be wrong, or what was here was deleted. If it was shared with you, sign in and open the link again.",
	}})
}

// plain is a problem's page for requests that have not reached the pages, or
// whose page failed: it asks nothing of the database.
func (s *Site) plain(w http.ResponseWriter, status int, title, text string) {
	body, err := s.render("problem", view{Host: s.Host, Contact: s.contact, Data: problem{title, text}})
	if err != nil {
		s.Log.Error("cannot render a page", "page", "problem", "error", err)
		http.Error(w, title, status)
		return
	}
	write(w, status, body)
}
