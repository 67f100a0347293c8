package web

import (
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// movePage is what the page of one move shows.
type movePage struct {
	destination.Report
	Here  string // the account here
	Host  string // the old pod
	Busy  bool   // it goes on by itself: look again
	Agree bool   // the person has to go to the old pod
	Retry bool
	Stop  bool // it can be cancelled
	Undo  bool
	Items int64 // with an outcome
}

// States of a move in words.
var stateWords = map[destination.State]string{
	destination.Planned:        "Ready to begin",
	destination.Authorizing:    "Waiting for you to agree at the old pod",
	destination.Copying:        "Copying",
	destination.CatchingUp:     "Catching up with what changed meanwhile",
	destination.Verifying:      "Proving that everything arrived",
	destination.Done:           "Done",
	destination.Waiting:        "Waiting",
	destination.NeedsAttention: "Needs your attention",
	destination.Cancelled:      "Cancelled",
	destination.Undone:         "Undone",
}

// State is the state in words.
func (p movePage) State() string { return stateWords[p.Move.State] }

func (m Moves) show(c *gin.Context) {
	a, _ := m.Site.Account(c)
	report, err := m.Mover.Report(c.Request.Context(), a.ID, c.Param("id"))
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	state := report.Move.State
	p := movePage{
		Report: report, Here: m.Site.ID(a), Host: hostOf(report.Move.Typed), Busy: state.Working(),
		Agree: state.May(destination.Authorizing),
		Retry: (state == destination.Waiting || state == destination.NeedsAttention) && report.Move.Reason != transfer.ConsentNeeded,
		Stop:  state != destination.Cancelled && state.May(destination.Cancelled),
		Undo:  m.Undo != nil && report.Move.Purpose == transfer.Move && (state == destination.Done || state.Ended() && arrived(report)),
	}
	for _, n := range report.Collections {
		p.Items += n.Seen()
	}
	if p.Agree {
		csp := c.Writer.Header().Get("Content-Security-Policy")
		c.Header("Content-Security-Policy", strings.Replace(csp, "form-action 'self'", "form-action 'self' "+m.likely(report.Move), 1))
	}
	m.Site.Page(c, http.StatusOK, "move-state", p)
}

// arrived: what came can be taken away again, also where the move ended at the
// old pod.
func arrived(r destination.Report) bool {
	return slices.ContainsFunc(r.Collections, func(p destination.Progress) bool { return p.Arrived() > 0 })
}

// items is the whole list of outcomes, to keep.
func (m Moves) items(c *gin.Context) {
	a, _ := m.Site.Account(c)
	ctx, id := c.Request.Context(), c.Param("id")
	if _, err := m.Mover.Report(ctx, a.ID, id); err != nil {
		m.Site.Fail(c, err)
		return
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="move.csv"`)
	out := csv.NewWriter(c.Writer)
	_ = out.Write([]string{"collection", "guid", "outcome", "reason", "address"}) // errors of a csv.Writer stick until Flush
	err := m.Mover.EachOutcome(ctx, a.ID, id, func(o transfer.Outcome) error {
		return out.Write([]string{string(o.Collection), cell(o.GUID), string(o.Result), cell(string(o.Reason)), cell(o.URL)})
	})
	out.Flush()
	if err := errors.Join(err, out.Error()); err != nil {
		m.Site.Log.WarnContext(c, "a list of items broke off", "move", id, "error", err)
	}
}

// cell keeps a stranger's text from being a formula in a spreadsheet.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// said is what an error tells a person.
func said(err error) string {
	if e, ok := errors.AsType[*transfer.Error](err); ok {
		return e.Message
	}
	return oops
}
