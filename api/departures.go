package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// Departures is the state of moves away from this pod, for the person who
// moves. The door in front has taken the ".json" off its address.
type Departures struct {
	Source interface {
		Of(ctx context.Context, account int64, id string) (source.Transfer, error)
		Compared(ctx context.Context, account int64, id string) ([]transfer.Tally, error)
	}
	Redirects interface {
		Asked(ctx context.Context, account int64, id string) ([]redirects.Tally, error)
	}
	Account SignedIn
}

// Mount adds the route.
func (d Departures) Mount(r gin.IRouter) { r.GET("/departures/:id", d.departure) }

// departureJSON is a departure on the wire.
type departureJSON struct {
	ID          string           `json:"id"`
	Purpose     transfer.Purpose `json:"purpose"`
	State       transfer.State   `json:"state"`
	Reason      transfer.Code    `json:"reason,omitempty"` // why it waits or ended
	To          string           `json:"to,omitempty"`     // a copy may name nobody
	Leftover    int64            `json:"leftover"`
	Created     transfer.Time    `json:"created_at"`
	GraceEnds   transfer.Time    `json:"grace_ends,omitempty"`
	Ended       transfer.Time    `json:"ended_at,omitempty"`
	Collections []departureCount `json:"collections"`
}

// departureCount is what both pods agreed on, and what the new one answered
// since about what it holds.
type departureCount struct {
	Collection transfer.Collection `json:"collection"`
	Arrived    int64               `json:"arrived"`
	Digest     transfer.Digest     `json:"digest"`
	Unasked    int64               `json:"unasked"`
	Held       int64               `json:"held"`
	Edited     int64               `json:"edited"`
	Removed    int64               `json:"removed"`
	Absent     int64               `json:"absent"`
	Erased     int64               `json:"erased"`
}

func (d Departures) departure(c *gin.Context) {
	ctx := c.Request.Context()
	account, ok := d.Account.need(c)
	if !ok {
		return
	}
	t, err := d.Source.Of(ctx, account, c.Param("id"))
	if err != nil {
		Fail(c, err)
		return
	}
	counts, err := d.counts(ctx, account, t)
	if err != nil {
		Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, departureJSON{
		ID: t.ID, Purpose: t.Purpose, State: t.State, Reason: t.Reason, To: t.Destination, Leftover: t.Leftover,
		Created: moment(t.Created), GraceEnds: moment(t.GraceEnds), Ended: moment(t.Ended), Collections: counts,
	})
}

func (d Departures) counts(ctx context.Context, account int64, t source.Transfer) ([]departureCount, error) {
	compared, err := d.Source.Compared(ctx, account, t.ID)
	if err != nil {
		return nil, err
	}
	asked := map[transfer.Collection]redirects.Tally{}
	if !t.Redirected.IsZero() {
		list, err := d.Redirects.Asked(ctx, account, t.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			asked[a.Collection] = a
		}
	}
	counts := make([]departureCount, len(compared))
	for i, n := range compared {
		a := asked[n.Collection]
		counts[i] = departureCount{
			n.Collection, n.Count, n.Digest, a.Unasked, a.Held, a.Edited, a.Removed, a.Absent, a.Erased,
		}
	}
	return counts, nil
}
