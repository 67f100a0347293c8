package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
)

//go:embed templates/*.html templates/parts/*.html
var templates embed.FS

// pages are the templates by name, each inside the layout.
type pages map[string]*template.Template

// view is what the layout sees. A page's own template sees Data alone.
type view struct {
	Host    string // of the pod
	Contact string // the podmin's
	Account *pod.Account
	Data    any
}

// ContactURL is where a click on the contact leads.
func (v view) ContactURL() string {
	if strings.HasPrefix(v.Contact, "https://") {
		return v.Contact
	}
	return "mailto:" + v.Contact
}

// readPages reads templates/NAME.html, each of which defines "title" and
// "main", and may define "head".
func readPages() (pages, error) {
	layout, err := template.New("layout.html").Funcs(functions()).ParseFS(templates, "templates/layout.html", "templates/parts/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := make(pages, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" {
			continue
		}
		clone, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if all[name], err = clone.ParseFS(templates, file); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// functions are what every template may call.
func functions() template.FuncMap {
	return template.FuncMap{
		// day is a moment for people: 1 March 2026, 14:05 UTC.
		"day": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
		// stamp is a moment for <time datetime>.
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
}

// Page answers with templates/NAME.html inside the layout.
func (s *Site) Page(c *gin.Context, status int, name string, data any) {
	v := view{Host: s.Host, Contact: s.contact, Data: data}
	if a, ok := s.Account(c); ok {
		v.Account = &a
	}
	body, err := s.render(name, v)
	if err != nil {
		s.Log.ErrorContext(c, "cannot render a page", "page", name, "error", err)
		s.plain(c.Writer, http.StatusInternalServerError, "Something went wrong here", oops)
		return
	}
	write(c.Writer, status, body)
}

func (s *Site) render(name string, v view) ([]byte, error) {
	t, ok := s.pages[name]
	if !ok {
		return nil, fmt.Errorf("web: there is no template %q", name)
	}
	var body bytes.Buffer
	if err := t.Execute(&body, v); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// write sends a page. Pages differ by who looks, so that nobody may keep them.
func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body) // the browser may be gone
}
