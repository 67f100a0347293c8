package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/transfer"
)

// A finding is one as a person reads it.
type finding struct {
	Level transfer.Level
	Label locale.Key
	Text  string
}

// look asks for findings, if somebody looks.
func (m Moves) look(c *gin.Context) ([]transfer.Finding, error) {
	if m.Check == nil {
		return nil, nil
	}
	a, _ := m.Site.Account(c)
	return m.Check(c.Request.Context(), a.ID, c.Param("id"))
}

// check shows the move with what was found, and goes nowhere.
func (m Moves) check(c *gin.Context) {
	found, why := m.look(c)
	p, err := m.page(c)
	switch {
	case err != nil: // it is no move of this person
		m.Site.Fail(c, err)
		return
	case len(found) == 0 && why != nil:
		m.Site.Fail(c, why)
		return
	}
	p.Findings = m.Site.findings(c, found)
	m.allow(c, p)
	m.Site.Page(c, http.StatusOK, "move-state", p)
}

// stay shows the move again, with why the browser was not sent to the old pod.
func (m Moves) stay(c *gin.Context, why error, found []transfer.Finding) {
	p, err := m.page(c)
	code := transfer.CodeOf(why)
	switch {
	case err != nil: // it is no move of this person
		m.Site.Fail(c, err)
		return
	case code == transfer.Internal:
		m.Site.Fail(c, why)
		return
	}
	p.Message, p.Findings = m.Site.words(c, why, agreeWords), m.Site.findings(c, found)
	m.allow(c, p)
	m.Site.Page(c, status(code), "move-state", p)
}

// findings are in the language of the page.
func (s *Site) findings(c *gin.Context, found []transfer.Finding) []finding {
	list := make([]finding, len(found))
	for i, f := range found {
		list[i] = finding{f.Level, levelWords[f.Level], Found(s.Locale(c), f)}
	}
	return list
}

// Found is a finding in a sentence: what, why it matters, and what to do.
func Found(l *locale.Locale, f transfer.Finding) string {
	what := f.What
	switch {
	case f.Span > 0:
		what = l.Span(f.Span)
	case !f.At.IsZero():
		what = l.Date(f.At)
	}
	key := sightWords[f.Sight]
	args := []any{f.Host, what}
	return l.Text(key, args[:min(strings.Count(string(key), "%s"), len(args))]...)
}
