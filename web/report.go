package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// A line is one item in the report of a move, as people keep it.
type line struct {
	Collection transfer.Collection `json:"collection"`
	GUID       string              `json:"guid"`
	Old        string              `json:"old_address,omitempty"`
	New        string              `json:"new_address,omitempty"`
	Outcome    transfer.Result     `json:"outcome"`
	Reason     transfer.Code       `json:"reason,omitempty"`
}

// line is what the report says of an outcome. Posts have addresses; so have
// photos, by names that an outcome does not carry, so that only a photo whose
// address differs from its old one has it here.
func (m Moves) line(move destination.Move, o transfer.Outcome) line {
	l := line{Collection: o.Collection, GUID: o.GUID, Outcome: o.Result, Reason: o.Reason, New: strings.Replace(o.URL, "{variant}", "", 1)}
	if o.Collection != transfer.Posts {
		return l
	}
	if move.Issuer != "" {
		l.Old = move.Issuer + "/posts/" + o.GUID
	}
	if l.New == "" && o.Result.Arrived() {
		l.New = m.Site.Origin + "/posts/" + o.GUID
	}
	return l
}

// csv is the report as a table.
func (m Moves) csv(c *gin.Context) {
	out := csv.NewWriter(c.Writer)
	m.report(c, "text/csv; charset=utf-8", "move.csv", func(l line) error {
		return out.Write([]string{string(l.Collection), cell(l.GUID), cell(l.Old), cell(l.New), string(l.Outcome), cell(string(l.Reason))})
	}, func() error {
		return out.Write([]string{"collection", "guid", "old_address", "new_address", "outcome", "reason"})
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
		err = m.Mover.EachOutcome(ctx, a.ID, id, func(o transfer.Outcome) error { return each(m.line(report.Move, o)) })
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
