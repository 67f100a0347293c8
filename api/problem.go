package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/problem"
	"podmove/transfer"
)

// Fail ends a request with an error. The problem document is written in one
// place, and what is not for strangers goes to the log there.
func Fail(c *gin.Context, err error) {
	_ = c.Error(err) // gin only hands it back
	c.Abort()
}

// panicked is the error that a panic becomes.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// problems writes the problem document for the error that a handler ended with.
func problems(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		last := c.Errors.Last()
		if last == nil {
			return
		}
		e := known(last.Err)
		if e.Err != nil && c.Request.Context().Err() == nil {
			level := slog.LevelInfo
			if statusOf(e.Code) >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			log.Log(c.Request.Context(), level, "request failed", "method", c.Request.Method, "route", c.FullPath(), "code", e.Code, "error", e.Err)
		}
		if !c.Writer.Written() {
			write(c, e)
		}
	}
}

// known is the error as strangers may read it; what has no code is our fault.
func known(err error) *transfer.Error {
	if e, ok := errors.AsType[*transfer.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return transfer.Errorf(transfer.TooLarge, "the request is larger than it may be")
	}
	if errors.Is(err, syscall.ENOSPC) {
		return transfer.Errorf(transfer.Unavailable, "this pod has no room left; nothing was changed. The people who run it have to make some").Because(err)
	}
	return transfer.Errorf(transfer.Internal, "something went wrong here; nothing was changed. Try again later").Because(err)
}

// write sends e (Protocol §8).
func write(c *gin.Context, e *transfer.Error) {
	status := statusOf(e.Code)
	if after := retryAfter(e, status); after > 0 {
		c.Header("Retry-After", strconv.FormatInt(seconds(after), 10))
	}
	more := map[string]any{"code": e.Code}
	if len(e.GUIDs) > 0 {
		more["guids"] = e.GUIDs
	}
	_ = problem.Write(c.Writer, problem.Problem{ // a reader who has gone cannot be told
		Type: problem.TypeOf(string(e.Code)), Title: strings.ReplaceAll(string(e.Code), "-", " "),
		Status: status, Detail: e.Message, Extensions: more,
	})
}

// retryAfter: 429 and 503 always say when to come back (Protocol §8).
func retryAfter(e *transfer.Error, status int) time.Duration {
	if e.RetryAfter == 0 && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) {
		return time.Minute
	}
	return e.RetryAfter
}
