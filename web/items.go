package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// itemsAtOnce is how many items a page of the report lists.
const itemsAtOnce = 100

// itemsPage is what templates/move-items.html shows: the report, page by page.
type itemsPage struct {
	glossary
	Move  destination.Move
	Lines []line
	More  string // address of the next page; empty if this is the last
}

// items is the report for people: each item with its old and new address, and
// what became of it.
func (m Moves) items(c *gin.Context) {
	a, _ := m.Site.Account(c)
	ctx, id := c.Request.Context(), c.Param("id")
	report, err := m.Mover.Report(ctx, a.ID, id)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	after := transfer.Outcome{Collection: transfer.Collection(c.Query("kind")), GUID: c.Query("after")}
	list, err := m.Mover.Items(ctx, a.ID, id, after, itemsAtOnce+1)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	p := itemsPage{Move: report.Move}
	if len(list) > itemsAtOnce {
		list = list[:itemsAtOnce]
		last := list[itemsAtOnce-1]
		p.More = "?" + url.Values{"kind": {string(last.Collection)}, "after": {last.GUID}}.Encode()
	}
	for _, arrival := range list {
		p.Lines = append(p.Lines, m.line(report.Move, arrival))
	}
	m.Site.Page(c, http.StatusOK, "move-items", p)
}

// Kind is what one thing of the line's collection is called.
func (l line) Kind() locale.Key { return itemWords[l.Collection] }

// Result is what became of it.
func (l line) Result() locale.Key { return resultWords[l.Outcome] }
