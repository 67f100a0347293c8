package destination

import (
	"testing"
	"time"

	"podmove/transfer"
)

func TestPace(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	list := []Progress{
		{Collection: transfer.Posts, Bytes: 2_000, PlannedBytes: 1_000}, // more came than was announced
		{Collection: transfer.Photos, Bytes: 9_000, PlannedBytes: 99_000},
	}
	for name, tt := range map[string]struct {
		move Move
		want transfer.Pace
	}{
		"is what came since the person agreed":   {Move{State: Copying, Agreed: now.Add(-10 * time.Second)}, transfer.Pace{Bytes: 10_000, Planned: 100_000, Rate: 1_000, Left: 90 * time.Second}},
		"does not count the time of waiting":     {Move{State: Copying, Agreed: now.Add(-time.Hour), Waited: time.Hour - 10*time.Second}, transfer.Pace{Bytes: 10_000, Planned: 100_000, Rate: 1_000, Left: 90 * time.Second}},
		"is not told before it has settled":      {Move{State: Copying, Agreed: now.Add(-time.Second)}, transfer.Pace{Bytes: 10_000, Planned: 100_000}},
		"is not told while nothing is copied":    {Move{State: Verifying, Agreed: now.Add(-time.Hour)}, transfer.Pace{Bytes: 10_000, Planned: 100_000}},
		"is not told of a move of before agreed": {Move{State: Copying}, transfer.Pace{Bytes: 10_000, Planned: 100_000}},
	} {
		t.Run(name, func(t *testing.T) {
			v := New(Options{Now: func() time.Time { return now }})
			if got := v.pace(tt.move, list); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
