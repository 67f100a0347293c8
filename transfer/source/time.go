package source

import (
	"time"

	"podmove/transfer"
)

// spelled is a time as it travels; the zero time is left away.
func spelled(t time.Time) transfer.Time {
	if t.IsZero() {
		return ""
	}
	return transfer.TimeOf(t)
}
