package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

//go:embed templates/*.html templates/parts/*.html
var templates embed.FS

// pages are the templates by language and name, each inside the layout.
type pages map[*locale.Locale]map[string]*template.Template

// view is what the layout sees. A page's own template sees Data alone.
type view struct {
	Lang    *locale.Locale
	Host    string // of the pod
	Contact string // the podmin's
	Closed  bool   // nobody may sign up
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

// readPages reads templates/NAME.html for each language. Each defines "title"
// and "main", and may define "head".
func readPages(languages *locale.Set) (pages, error) {
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := pages{}
	for _, l := range languages.All() {
		layout, err := template.New("layout.html").Funcs(functions(l)).ParseFS(templates, "templates/layout.html", "templates/parts/*.html")
		if err != nil {
			return nil, err
		}
		if all[l], err = readNamed(layout, files); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readNamed puts each page into the layout.
func readNamed(layout *template.Template, files []string) (map[string]*template.Template, error) {
	named := make(map[string]*template.Template, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" {
			continue
		}
		clone, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if named[name], err = clone.ParseFS(templates, file); err != nil {
			return nil, err
		}
	}
	return named, nil
}

// Page answers with templates/NAME.html inside the layout.
func (s *Site) Page(c *gin.Context, status int, name string, data any) {
	v := s.view(s.Locale(c), data)
	if a, ok := s.Account(c); ok {
		v.Account = &a
		followPhotos(c, a)
	}
	body, err := s.render(name, v)
	if err != nil {
		s.Log.ErrorContext(c, "cannot render a page", "page", name, "error", err)
		s.plain(c.Writer, c.Request, http.StatusInternalServerError, outOfOrder, oops)
		return
	}
	write(c.Writer, status, body)
}

// followPhotos lets the pages of somebody who moved away show photos whose old
// addresses lead to the new pod by now: browsers hold redirects against img-src,
// too.
func followPhotos(c *gin.Context, a pod.Account) {
	u, err := url.Parse(a.MovedURL)
	if err != nil || u.Host == "" {
		return
	}
	csp := c.Writer.Header().Get("Content-Security-Policy")
	c.Header("Content-Security-Policy", strings.Replace(csp, "img-src 'self'", "img-src 'self' "+u.Scheme+"://"+u.Host, 1))
}

// view is what the layout sees if nobody is signed in.
func (s *Site) view(l *locale.Locale, data any) view {
	return view{Lang: l, Host: s.Host, Contact: s.contact, Closed: s.Closed, Data: data}
}

func (s *Site) render(name string, v view) ([]byte, error) {
	t, ok := s.pages[v.Lang][name]
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
