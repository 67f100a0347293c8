package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/problem"
	"podmove/transfer"
)

// A Budget takes one request from somebody's budget, or says how long it is
// until one is left. Nil has no end.
type Budget func(whose string) (wait time.Duration)

// within lets a grant's requests through as long as its budget lasts.
func within(b Budget) gin.HandlerFunc {
	return func(c *gin.Context) {
		if b == nil {
			return
		}
		if wait := b(grantOf(c).ID); wait > 0 {
			e := transfer.Errorf(transfer.RateLimited, "too many requests came with this grant; nothing was done with this one")
			e.RetryAfter = wait
			Fail(c, e)
		}
	}
}

// Busy answers 429 before a request has reached its handler (RFC 6585 §4).
func Busy(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.FormatInt(seconds(wait), 10))
	_ = problem.Write(w, problem.Problem{ // a reader who has gone cannot be told
		Type: problem.TypeOf(string(transfer.RateLimited)), Title: "rate limited", Status: http.StatusTooManyRequests,
		Detail:     "Too many requests came; nothing was done with this one. Send it again after the time that Retry-After names.",
		Extensions: map[string]any{"code": transfer.RateLimited},
	})
}

// seconds are whole ones, and never too few (RFC 9110 §10.2.3).
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
