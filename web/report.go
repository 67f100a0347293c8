package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// A line is one item in the report of a move, as people keep it.
type line struct {
	Collection transfer.Collection `json:"collection"`
	GUID       string              `json:"guid"`
	Label      string              `json:"label,omitempty"` // what a person knows it by
	Old        string              `json:"old_address,omitempty"`
	New        string              `json:"new_address,omitempty"`
	Outcome    transfer.Result     `json:"outcome"`
	Reason     transfer.Code       `json:"reason,omitempty"`
}

// line is what the report says of an item. Posts and photos have addresses.
func (m Moves) line(move destination.Move, a destination.Arrival) line {
	l := line{
		Collection: a.Collection, GUID: a.GUID, Label: a.Label, Outcome: a.Result, Reason: a.Reason,
		Old: oldAddress(move, a), New: strings.Replace(a.URL, "{variant}", "", 1),
	}
	if path := pathOf(a); l.New == "" && path != "" && a.Result.Arrived() {
		l.New = m.Site.Origin + path
	}
	return l
}

// oldAddress is where the old pod has an item; empty if it has no address.
func oldAddress(move destination.Move, a destination.Arrival) string {
	path := pathOf(a)
	if path == "" || move.Issuer == "" {
		return ""
	}
	return move.Issuer + path
}

// pathOf is where a pod has an item that kept its name.
func pathOf(a destination.Arrival) string {
	switch {
	case a.Collection == transfer.Posts:
		return "/posts/" + url.PathEscape(a.GUID)
	case a.Collection == transfer.Photos && a.Label != "":
		return "/uploads/images/" + url.PathEscape(a.Label)
	}
	return ""
}

// csv is the report as a table.
func (m Moves) csv(c *gin.Context) {
	out := csv.NewWriter(c.Writer)
	m.report(c, "text/csv; charset=utf-8", "move.csv", func(l line) error {
		return out.Write([]string{string(l.Collection), cell(l.GUID), cell(l.Label), cell(l.Old), cell(l.New), string(l.Outcome), cell(string(l.Reason))})
	}, func() error {
		return out.Write([]string{"collection", "guid", "label", "old_address", "new_address", "outcome", "reason"})
	}, func() error {
		out.Flush()
		return out.Error()
	})
}

// json is the report for programs.
func (m Moves) json(c *gin.Context) {
	comma := ""
	m.report(c, "application/json", "move.json", func(l line) error {
		raw, err := json.Marshal(l)
		if err == nil {
			_, err = io.WriteString(c.Writer, comma+"\n"+string(raw))
		}
		comma = ","
		return err
	}, func() error {
		_, err := io.WriteString(c.Writer, "[")
		return err
	}, func() error {
		_, err := io.WriteString(c.Writer, "\n]\n")
		return err
	})
}

// report writes all outcomes of a move, one after the other.
func (m Moves) report(c *gin.Context, contentType, name string, each func(line) error, begin, end func() error) {
	a, _ := m.Site.Account(c)
	ctx, id := c.Request.Context(), c.Param("id")
	report, err := m.Mover.Report(ctx, a.ID, id)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	c.Header("Content-Type", contentType)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Status(http.StatusOK)
	if err = begin(); err == nil {
		err = m.Mover.EachOutcome(ctx, a.ID, id, func(a destination.Arrival) error { return each(m.line(report.Move, a)) })
	}
	if err := errors.Join(err, end()); err != nil {
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
