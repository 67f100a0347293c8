package web

import (
	"errors"
	"net/http"
	"syscall"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/transfer"
)

// What a person reads when the fault is ours.
const (
	outOfOrder = locale.Key("Something went wrong here")
	oops       = locale.Key("This is our fault, not yours. Try again in a moment; if it goes on, tell the people who run this pod.")
)

// refused is the title where something was not done.
const refused = locale.Key("That did not work")

// problem is what templates/problem.html shows.
type problem struct{ Title, Text string }

// Problem answers with a page that says what went wrong: text says what
// happened, what was kept, and what to do.
func (s *Site) Problem(c *gin.Context, status int, title, text string) {
	waits := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	if waits && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "60") // Protocol §8
	}
	s.Page(c, status, "problem", problem{title, text})
	c.Abort()
}

// Fail answers with what err means to a person. A *transfer.Error speaks for
// itself, in the words of the place if it has its own; anything else is our
// fault and goes to the log.
func (s *Site) Fail(c *gin.Context, err error, here ...map[transfer.Code]locale.Key) {
	e, ok := errors.AsType[*transfer.Error](err)
	var wait string
	switch {
	case s.tooMany(c, err, &wait):
		s.Problem(c, http.StatusTooManyRequests, s.say(c, refused), wait)
	case ok && e.Code == transfer.NotFound:
		s.Missing(c)
	case ok && e.Code != transfer.Internal:
		later(c, e)
		s.Problem(c, status(e.Code), s.say(c, refused), s.words(c, err, here...))
	case errors.Is(err, pod.ErrNotActive):
		s.Problem(c, http.StatusConflict, s.say(c, locale.Key("This account has moved away")),
			s.say(c, locale.Key("What is still here can be deleted, but nothing new can be written. Write at your new pod.")))
	default:
		s.Log.ErrorContext(c, "a page failed", "path", c.FullPath(), "error", err)
		status, text := fault(err)
		s.Problem(c, status, s.say(c, outOfOrder), s.say(c, text))
	}
}

// fault is what a person reads of an error of our own.
func fault(err error) (status int, text locale.Key) {
	if errors.Is(err, syscall.ENOSPC) {
		return http.StatusServiceUnavailable, locale.Key("This pod has no room left, so that nothing was changed. The people who run it have to make some.")
	}
	return http.StatusInternalServerError, oops
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
// (Protocol §6.1). The browser's header alone decides its language.
func (s *Site) Missing(c *gin.Context) {
	write(c.Writer, http.StatusNotFound, s.missing[s.prefers(c.Request)])
	c.Abort()
}

func (s *Site) renderMissing() (map[*locale.Locale][]byte, error) {
	all := map[*locale.Locale][]byte{}
	for _, l := range s.speaks.All() {
		body, err := s.render("problem", s.view(l, problem{
			l.Text(locale.Key("There is nothing here")),
			l.Text(locale.Key("The address may be wrong, or what was here was deleted. If it was shared with you, sign in and open the link again.")),
		}))
		if err != nil {
			return nil, err
		}
		all[l] = body
	}
	return all, nil
}

// plain is a problem's page for requests that have not reached the pages, or
// whose page failed: it asks nothing of the database.
func (s *Site) plain(w http.ResponseWriter, r *http.Request, status int, title, text locale.Key) {
	l := s.prefers(r)
	body, err := s.render("problem", s.view(l, problem{l.Text(title), l.Text(text)}))
	if err != nil {
		s.Log.Error("cannot render a page", "page", "problem", "error", err)
		http.Error(w, l.Text(title), status)
		return
	}
	write(w, status, body)
}
