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

// millis is a time as it is compared; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
