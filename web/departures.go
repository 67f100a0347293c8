package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// A Giver is the side of this pod that gives, as its people may see it.
type Giver interface {
	List(ctx context.Context, account int64) ([]source.Transfer, error)
	Of(ctx context.Context, account int64, id string) (source.Transfer, error)
	Progress(ctx context.Context, account int64, id string) (transfer.Plan, error)
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
	Onward(ctx context.Context, account int64, id string) (redirects.Onward, bool, error)
	Agree(ctx context.Context, account int64, id string) error
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
	// Labels are what a person knows items by, by collection and guid.
	Labels func(ctx context.Context, account int64, items []transfer.Outcome) (map[transfer.Collection]map[string]string, error)
	// TrustKeys has the new pod's keys of now trusted instead of those agreed
	// on (Protocol §1.5).
	TrustKeys func(ctx context.Context, account int64, id string) error
	// Initiate is where at another pod a move of an ID begins.
	Initiate  func(ctx context.Context, pod, id string) (string, error)
	Suggested []string         // hosts of pods that the podmin knows
	Grace     time.Duration    // from the redirects to the erasing
	Now       func() time.Time // nil is time.Now
}

// DeparturePath is before the id of a transfer in the path of its page.
const DeparturePath = "/departures/"

// Mount adds the pages.
func (d Departures) Mount(r gin.IRouter) {
	in := d.Site.SignedIn()
	r.GET("/departures", in, d.list)
	r.POST("/departures", in, d.leave)
	r.GET("/departures/:id", in, d.show)
	r.POST("/departures/:id/accept", in, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Source.Accept(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/cancel", in, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Source.Withdraw(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/undo", in, d.fresh, d.act(func(ctx context.Context, account int64, id string) error {
		_, err := d.Redirects.Undo(ctx, account, id)
		return err
	}))
	r.POST("/departures/:id/keys", in, d.fresh, d.act(d.TrustKeys))
	r.POST("/departures/:id/onward", in, d.fresh, d.act(d.Redirects.Agree))
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

func (d Departures) fresh(c *gin.Context) {
	d.Site.IsFresh(c, d.now(), "/departures/"+c.Param("id"))
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
	ID        string // diaspora* ID
	List      []source.Transfer
	Pod       string // typed
	Suggested []string
	Grace     string
	Message   string // what is wrong
}

// Words is a transfer's state in words.
func (departureList) Words(t source.Transfer) locale.Key { return departureWords[t.State] }

func (d Departures) list(c *gin.Context) { d.showList(c, http.StatusOK, departureList{}) }

func (d Departures) showList(c *gin.Context, status int, page departureList) {
	a, _ := d.Site.Account(c)
	page.ID, page.Suggested, page.Grace = d.Site.ID(a), d.Suggested, d.Site.Locale(c).Span(d.Grace)
	var err error
	if page.List, err = d.Source.List(c.Request.Context(), a.ID); err != nil {
		d.Site.Fail(c, err)
		return
	}
	d.Site.Page(c, status, "departures", page)
}

// leave shows the way to the new pod. It is a link: browsers hold the redirect
// after a form against form-action, which cannot name a pod typed just now.
func (d Departures) leave(c *gin.Context) {
	a, _ := d.Site.Account(c)
	typed := c.PostForm("pod")
	address, err := d.Initiate(c.Request.Context(), typed, d.Site.ID(a))
	if err != nil {
		if transfer.CodeOf(err) == transfer.Internal {
			d.Site.Fail(c, err)
			return
		}
		d.showList(c, http.StatusUnprocessableEntity, departureList{Pod: typed, Message: d.Site.words(c, err, leaveWords)})
		return
	}
	d.Site.Page(c, http.StatusOK, "departure-leave", departureLeave{address, hostIn(address), d.Site.Locale(c).Span(d.Grace)})
}

// leaveWords are what codes mean where a person types the new pod's address.
var leaveWords = map[transfer.Code]locale.Key{
	transfer.RequestInvalid: locale.Key("This is not the address of a pod: it looks like new.example."),
	transfer.SamePod:        locale.Key("This is the pod that you are on: a move leads to another one."),
	transfer.PodUnreachable: locale.Key("There is no pod to move to, or it does not answer. Look at the spelling; nothing was changed."),
}

// departureLeave is what templates/departure-leave.html shows.
type departureLeave struct{ Address, Host, Grace string }

func hostIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
