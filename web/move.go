package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// movePage is what the page of one move shows.
type movePage struct {
	glossary
	destination.Report
	Here    string // the account here
	Message string // why it waits, stopped or ended
	Host    string // the old pod
	Busy    bool   // it goes on by itself: look again
	Agree   bool   // the person has to go to the old pod
	Check   bool   // the person can have it looked at first
	Retry   bool
	Choose  bool // and of what failed it can be chosen what is tried again
	Stop    bool // it can be cancelled
	Undo    bool
	Items   int64 // with an outcome

	Findings []finding // if it was just looked
}

// States of a move in words.
var stateWords = map[destination.State]locale.Key{
	destination.Planned:        locale.Key("Ready to begin"),
	destination.Authorizing:    locale.Key("Waiting for you to agree at the old pod"),
	destination.Copying:        locale.Key("Copying"),
	destination.CatchingUp:     locale.Key("Catching up with what changed meanwhile"),
	destination.Freezing:       locale.Key("Reading the last changes, while the old account stands still"),
	destination.Verifying:      locale.Key("Proving that everything arrived"),
	destination.Done:           locale.Key("Done"),
	destination.Waiting:        locale.Key("Waiting"),
	destination.NeedsAttention: locale.Key("Needs your attention"),
	destination.Cancelled:      locale.Key("Cancelled"),
	destination.Undone:         locale.Key("Undone"),
}

// moveWords are what codes mean of a move under way.
var moveWords = map[transfer.Code]locale.Key{
	transfer.NotFound: locale.Key("The old pod does not know this move any more. Perhaps the account there was closed. What came is kept; try again, agree once more to go on, or cancel."),
}

// doneWords are what they mean of one that is done.
var doneWords = map[transfer.Code]locale.Key{
	transfer.Incomplete: locale.Key("The old pod says that the move is finished, but this pod has not told it that everything arrived. What is listed here is all that came. To begin anew, undo the move at the old pod while it can be undone."),
}

// Max is how many items of a kind there are: as announced, or more if more came.
func (movePage) Max(p destination.Progress) int64 { return max(p.Planned, p.Seen()) }

// Words are another move's state in words.
func (movePage) Words(s destination.State) locale.Key { return stateWords[s] }

// State is the state in words.
func (p movePage) State() locale.Key { return stateWords[p.Move.State] }

// Asked: the old pod asked to wait. One that fails has asked for nothing.
func (p movePage) Asked() bool { return p.Move.Reason == transfer.RateLimited }

// More reports whether more items did not arrive than are listed.
func (p movePage) More() bool { return p.Left() > int64(len(p.Trouble)) }

// Asks: it waits for the person to accept, at the old pod, what did not arrive.
func (p movePage) Asks() bool {
	return p.Busy && p.Move.Reason == transfer.AcceptanceNeeded && p.Left() > 0
}

// Can tells apart what can be done now: the buttons stand outside of the part
// of the page that is sent again, so that a keyboard does not lose its place on
// them.
func (p movePage) Can() string {
	return fmt.Sprint(p.Agree, p.Retry, p.Choose, p.Asks(), p.Stop, p.Undo)
}

// Old is the address at the old pod of an item that did not arrive; empty if it
// has none that is known here.
func (p movePage) Old(a destination.Arrival) string { return oldAddress(p.Move, a) }

func (m Moves) show(c *gin.Context) {
	p, err := m.page(c)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	m.allow(c, p)
	m.Site.Page(c, http.StatusOK, "move-state", p)
}

// allow lets the form of a page that asks to agree lead to the old pod.
func (m Moves) allow(c *gin.Context, p movePage) {
	if !p.Agree {
		return
	}
	csp := c.Writer.Header().Get("Content-Security-Policy")
	c.Header("Content-Security-Policy", strings.Replace(csp, "form-action 'self'", "form-action 'self' "+m.likely(p.Move), 1))
}

// page is how the move stands now.
func (m Moves) page(c *gin.Context) (movePage, error) {
	a, _ := m.Site.Account(c)
	report, err := m.Mover.Report(c.Request.Context(), a.ID, c.Param("id"))
	if err != nil {
		return movePage{}, err
	}
	state, words := report.Move.State, moveWords
	if state == destination.Done {
		words = doneWords
	}
	p := movePage{
		Report: report, Message: m.Site.coded(c, report.Move.Reason, report.Move.Message, words), Here: m.Site.ID(a), Host: m.host(report.Move), Busy: state.Working(),
		Agree: state.May(destination.Authorizing), Check: m.Check != nil && state.May(destination.Authorizing),
		Retry: retriable(a, report),
		Stop:  state != destination.Cancelled && state.May(destination.Cancelled),
		Undo:  m.Undo != nil && report.Move.Purpose == transfer.Move && (state == destination.Done || state.Ended() && arrived(report)),
	}
	for _, n := range report.Collections {
		p.Items += n.Seen()
		p.Choose = p.Choose || p.Retry && !state.Ended() && n.Failed > 0 || p.Retry && state == destination.Done
	}
	return p, nil
}

// arrived: what came can be taken away again, also where the move ended at the
// old pod.
func arrived(r destination.Report) bool {
	return slices.ContainsFunc(r.Collections, func(p destination.Progress) bool { return p.Arrived() > 0 })
}
