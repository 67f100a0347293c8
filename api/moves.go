package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// MoveReports tell how the moves of an account stand.
type MoveReports interface {
	Report(ctx context.Context, account int64, move string) (destination.Report, error)
}

// Moves is the state of moves to this pod, for the person who moves. The door
// in front has taken the ".json" off its address.
type Moves struct {
	Reports MoveReports
	Account SignedIn
}

// SignedIn is who is signed in, 0 if nobody is. It runs where the session has been
// loaded.
type SignedIn func(ctx context.Context) (account int64, err error)

// need answers with a problem if nobody is.
func (s SignedIn) need(c *gin.Context) (account int64, ok bool) {
	account, err := s(c.Request.Context())
	if err == nil && account == 0 {
		err = transfer.Errorf(transfer.TokenInvalid, "sign in to see your moves")
	}
	if err != nil {
		Fail(c, err)
	}
	return account, err == nil
}

// Mount adds the routes.
func (m Moves) Mount(r gin.IRouter) { r.GET("/moves/:id", m.move) }

// moveJSON is a report on the wire.
type moveJSON struct {
	ID          string             `json:"id"`
	Purpose     transfer.Purpose   `json:"purpose"`
	State       destination.State  `json:"state"`
	Phase       destination.State  `json:"phase,omitempty"`  // what it goes on with
	Reason      transfer.Code      `json:"reason,omitempty"` // why it waits, needs attention or ended
	Message     string             `json:"message,omitempty"`
	From        string             `json:"from"`
	WaitUntil   transfer.Time      `json:"wait_until,omitempty"`
	Created     transfer.Time      `json:"created_at"`
	Changed     transfer.Time      `json:"changed_at"`
	Ended       transfer.Time      `json:"ended_at,omitempty"`
	Stood       int64              `json:"stood_ms,omitempty"` // for how long the old account stood still
	Collections []moveCollection   `json:"collections"`
	Trouble     []transfer.Outcome `json:"trouble"` // the first that did not arrive
}

// moveCollection counts one collection; planned is as announced at the start.
type moveCollection struct {
	Collection   transfer.Collection `json:"collection"`
	Planned      int64               `json:"planned"`
	Imported     int64               `json:"imported"`
	Unchanged    int64               `json:"unchanged"`
	Skipped      int64               `json:"skipped"`
	Failed       int64               `json:"failed"`
	Removed      int64               `json:"removed"`
	Bytes        int64               `json:"bytes"` // that came, photos' contents included
	PlannedBytes int64               `json:"planned_bytes"`
	Digest       transfer.Digest     `json:"digest,omitempty"` // of what arrived, once the move is done (Protocol §4.7)
}

func (m Moves) move(c *gin.Context) {
	ctx := c.Request.Context()
	account, ok := m.Account.need(c)
	if !ok {
		return
	}
	report, err := m.Reports.Report(ctx, account, c.Param("id"))
	if err != nil {
		Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, reportJSON(report))
}

func reportJSON(r destination.Report) moveJSON {
	m := r.Move
	j := moveJSON{
		ID: m.ID, Purpose: m.Purpose, State: m.State, Phase: m.Phase, Reason: m.Reason, Message: m.Message, From: m.Typed,
		WaitUntil: moment(m.WaitUntil), Created: moment(m.Created), Changed: moment(m.Changed), Ended: moment(m.Ended), Stood: r.Stood().Milliseconds(),
		Collections: make([]moveCollection, len(r.Collections)), Trouble: []transfer.Outcome{},
	}
	for i, p := range r.Collections {
		j.Collections[i] = moveCollection(p)
	}
	for _, a := range r.Trouble {
		j.Trouble = append(j.Trouble, a.Outcome)
	}
	return j
}

// moment leaves the zero time out.
func moment(t time.Time) transfer.Time {
	if t.IsZero() {
		return ""
	}
	return transfer.TimeOf(t)
}
