package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/transfer"
)

// still is what a person reads who writes while their account stands still
// (Protocol §5.1): it is over soon, and nothing of what they typed is lost.
const still = locale.Key("Your account is being moved: nothing can be written here for about a minute. What you typed is kept in the form; send it again then.")

// wrong is what a form says that is shown once more with all that was typed:
// which field is wrong if one is, why, and the status of the answer. The status
// is zero for an error that the form does not help with.
func (s *Site) wrong(c *gin.Context, err error) (field, message string, status int) {
	if refusal, ok := errors.AsType[pod.Refusal](err); ok {
		return string(refusal.Field), s.words(c, err), http.StatusUnprocessableEntity
	}
	if e, ok := errors.AsType[*transfer.Error](err); ok && e.Code == transfer.AccountFrozen {
		later(c, e)
		return "", s.say(c, still), http.StatusConflict
	}
	return "", "", 0
}

// later says when to come back, where that is known (Protocol §8).
func later(c *gin.Context, e *transfer.Error) {
	if e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
}
