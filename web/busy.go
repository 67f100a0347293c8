package web

import (
	"net/http"
	"strconv"
	"time"

	"podmove/internal/locale"
)

// What a person reads who asks for too much at once.
const (
	tooFast     = locale.Key("Not so fast")
	tooFastText = locale.Key("More was asked of this pod in a short time than it gives. Nothing was done with this request, and nothing was lost. Wait a minute and try again.")
)

// Busy answers 429 before a request has reached its page (RFC 6585 §4).
func (s *Site) Busy(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	h := w.Header()
	h.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	headers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.plain(w, r, http.StatusTooManyRequests, tooFast, tooFastText)
	})).ServeHTTP(w, r)
}
