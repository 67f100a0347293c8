package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// freshness is how long ago the password may have been typed for what cannot
// be taken back (Protocol §7.5).
const freshness = 10 * time.Minute

// A Giver is the side of this pod that gives, as its people may see it.
type Giver interface {
	List(ctx context.Context, account int64) ([]source.Transfer, error)
	Of(ctx context.Context, account int64, id string) (source.Transfer, error)
	Leftovers(ctx context.Context, account int64, id string, after transfer.Outcome, limit int) ([]transfer.Outcome, error)
	Accept(ctx context.Context, account int64, id string) (source.Transfer, error)
	Withdraw(ctx context.Context, account int64, id string) (source.Transfer, error)
}

// A Redirector keeps what moved accounts leave behind.
type Redirector interface {
	Of(ctx context.Context, account int64, id string) (redirects.Departure, error)
	Asked(ctx context.Context, account int64, id string) ([]redirects.Tally, error)
	Listed(ctx context.Context, account int64, id string, limit int) ([]transfer.Holding, error)
	Earliest(d redirects.Departure) time.Time
	Undo(ctx context.Context, account int64, id string) (redirects.Departure, error)
	EraseNow(ctx context.Context, account int64, id string) (redirects.Departure, error)
}

// Departures are the pages through which a person takes an account elsewhere.
type Departures struct {
	Site      *Site
	Source    Giver
	Redirects Redirector
	Events    interface {
		EventsOf(ctx context.Context, account int64, subject string, limit int) ([]pod.Event, error)
	}
	Now func() time.Time // nil is time.Now
}

// Mount adds the pages.
func (d Departures) Mount(r gin.IRouter) {
	in := d.Site.SignedIn()
	r.GET("/departures", in, d.list)
	r.GET("/departures/:id", in, d.show)
	r.POST("/departures/:id/accept", in, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Source.Accept(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/cancel", in, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Source.Withdraw(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/undo", in, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Redirects.Undo(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/erase", in, d.fresh, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Redirects.EraseNow(ctx, account, id)
		return err
	}))
}

func (d Departures) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// fresh sends a person who signed in too long ago to the sign-in page, and from
// there to the departure's page, where the button is pressed again.
func (d Departures) fresh(c *gin.Context) {
	if d.now().Sub(d.Site.Fresh(c)) <= freshness {
		return
	}
	d.Site.SignIn(c, "/departures/"+c.Param("id"))
	c.Abort()
}

// act does something to a departure and goes back to its page.
func (d Departures) act(do func(ctx context.Context, account int64, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := d.Site.Account(c)
		if err := do(c.Request.Context(), a.ID, c.Param("id")); err != nil {
			d.Site.Fail(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/departures/"+c.Param("id"))
	}
}

// departureList is what templates/departures.html shows.
type departureList struct {
	ID   string // diaspora* ID
	List []source.Transfer
}

// Words is a transfer's state in words.
func (departureList) Words(t source.Transfer) string { return departureWords[t.State] }

func (d Departures) list(c *gin.Context) {
	a, _ := d.Site.Account(c)
	list, err := d.Source.List(c.Request.Context(), a.ID)
	if err != nil {
		d.Site.Fail(c, err)
		return
	}
	d.Site.Page(c, http.StatusOK, "departures", departureList{d.Site.ID(a), list})
}
