package provider

import (
	"net/http"
	"strconv"
	"time"
)

// Busy answers 429 in OAuth's own form, before a request was looked at. RFC 9126
// §2.3 names the status; the code is the one of RFC 6749 §4.1.2.1, since §5.2
// has none.
func Busy(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	write(w, http.StatusTooManyRequests, map[string]string{
		"error":             "temporarily_unavailable",
		"error_description": "Too many requests came from this address. Nothing was done with this one; send it again after the time that Retry-After names.",
	})
}
