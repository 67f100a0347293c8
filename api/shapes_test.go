package api

import (
	"encoding/json"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestShapes holds what the other routes send to the contract, with every
// member set and with none that may be absent.
func TestShapes(t *testing.T) {
	now := time.UnixMilli(1234567890123)
	const guid = "0123456789abcdef"
	person := personJSON{GUID: guid, ID: "aurora@pod.example", Name: "Aurora"}
	pictured := person
	pictured.Avatar = podOrigin + "/uploads/images/thumb_large_x.png"
	for _, tt := range []struct {
		name, schema string
		value        any
	}{
		{"a person", "PublicPerson", person},
		{"a person with a picture", "PublicPerson", pictured},
		{"a short post", "PublicPost", postJSON{ID: 1, GUID: guid, CreatedAt: transfer.TimeOf(now), Author: person, Photos: []photoJSON{}}},
		{"a full post", "PublicPost", postJSON{
			ID: 1, GUID: guid, CreatedAt: transfer.TimeOf(now), Public: true, Author: pictured, Text: "a",
			Photos: []photoJSON{{GUID: guid, Text: "ferns"}}, Poll: &transfer.Poll{}, Location: &transfer.Location{}, Root: &transfer.Root{},
		}},
		{"a move that has just begun", "MoveState", reportJSON(destination.Report{Move: destination.Move{
			ID: guid, Purpose: transfer.Move, State: destination.Planned, Typed: "aurora@old.example", Created: now, Changed: now,
		}})},
		{"a move with trouble", "MoveState", reportJSON(destination.Report{
			Move: destination.Move{
				ID: guid, Purpose: transfer.Move, State: destination.Waiting, Phase: destination.Copying, Reason: transfer.PodUnreachable,
				Message: "The old pod does not answer.", Typed: "aurora@old.example", WaitUntil: now, Created: now, Changed: now, Ended: now,
			},
			Collections: []destination.Progress{{Collection: transfer.Posts, Planned: 1, Failed: 1}},
			Trouble:     []destination.Arrival{{Outcome: transfer.Outcome{Collection: transfer.Posts, GUID: guid, Result: transfer.Failed, Reason: transfer.TextInvalid}}},
		})},
		{"a copy to nobody in particular", "DepartureState", departureJSON{
			ID: guid, Purpose: transfer.Copy, State: transfer.Copying, Created: transfer.TimeOf(now), Collections: []departureCount{},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := json.Marshal(tt.value)
			must(t, err)
			var value any
			must(t, json.Unmarshal(raw, &value))
			if err := contractOf(t).Components.Schemas[tt.schema].Value.VisitJSON(value); err != nil {
				t.Errorf("%s\n%v", raw, err)
			}
		})
	}
}
