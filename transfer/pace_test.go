package transfer_test

import (
	"testing"
	"time"

	"podmove/transfer"
)

func TestPace(t *testing.T) {
	for name, tt := range map[string]struct {
		bytes, planned int64
		took           time.Duration
		want           transfer.Pace
	}{
		"tells the rate and what is left of the time": {10_000, 100_000, 10 * time.Second, transfer.Pace{Bytes: 10_000, Planned: 100_000, Rate: 1_000, Left: 90 * time.Second}},
		"tells nothing before it has settled":         {10_000, 100_000, time.Second, transfer.Pace{Bytes: 10_000, Planned: 100_000}},
		"tells nothing before anything came":          {0, 100_000, time.Hour, transfer.Pace{Planned: 100_000}},
		"has no time left at the end":                 {100_000, 100_000, time.Minute, transfer.Pace{Bytes: 100_000, Planned: 100_000, Rate: 1_666}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := transfer.PaceOf(tt.bytes, tt.planned, tt.took); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
