package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"
)

// Docs is the contract as it is and as a page to browse, which loads nothing
// and runs no script.
type Docs struct {
	contract []byte
	page     func() ([]byte, error)
	style    string // what the page's Content-Security-Policy lets through
}

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle string

// NewDocs makes the docs of a contract. To draw their page takes as long as much of
// a pod's start, so that it waits until somebody asks for it.
func NewDocs(contract []byte) Docs {
	sum := sha256.Sum256([]byte(docsStyle))
	return Docs{
		contract: contract,
		page:     sync.OnceValues(func() ([]byte, error) { return draw(contract) }),
		style:    "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	}
}

func draw(contract []byte) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	page, err := template.New("docs").Funcs(template.FuncMap{"prose": prose}).Parse(docsPage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Style": template.CSS(docsStyle), //nolint:gosec // our own file
		"Info":  doc.Info, "Groups": groups(doc), "Shapes": shapes(doc),
	})
	return out.Bytes(), err
}

// Mount adds the routes.
func (d Docs) Mount(r gin.IRouter) {
	r.GET("/openapi.yaml", func(c *gin.Context) {
		c.Header("Cache-Control", "max-age=300")
		c.Data(http.StatusOK, "application/yaml", d.contract)
	})
	r.GET("/docs", func(c *gin.Context) {
		page, err := d.page()
		if err != nil {
			Fail(c, err)
			return
		}
		c.Header("Cache-Control", "max-age=300")
		c.Header("Content-Security-Policy", fmt.Sprintf("default-src 'none'; style-src '%s'; base-uri 'none'; frame-ancestors 'none'", d.style))
		c.Data(http.StatusOK, "text/html; charset=utf-8", page)
	})
}

// A docsGroup is the operations of one tag.
type docsGroup struct {
	Name, About string
	Operations  []docsOperation
}

// A docsOperation is one method on one path.
type docsOperation struct {
	*openapi3.Operation
	Method, Path string
	Parameters   openapi3.Parameters
	Request      []docsBody
	Answers      []docsAnswer
}

type docsAnswer struct {
	Status, About string
	Bodies        []docsBody
}

// A docsBody is a media type and the name of the shape of what it holds.
type docsBody struct{ Type, Shape string }

func groups(doc *openapi3.T) (list []docsGroup) {
	for _, tag := range doc.Tags {
		g := docsGroup{Name: tag.Name, About: tag.Description}
		for _, path := range doc.Paths.Keys() {
			item := doc.Paths.Value(path)
			for method, o := range item.Operations() {
				if slices.Contains(o.Tags, tag.Name) {
					g.Operations = append(g.Operations, operation(method, path, item, o))
				}
			}
		}
		slices.SortFunc(g.Operations, func(a, b docsOperation) int {
			return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
		})
		list = append(list, g)
	}
	return list
}

func operation(method, path string, item *openapi3.PathItem, o *openapi3.Operation) docsOperation {
	v := docsOperation{Operation: o, Method: method, Path: path, Parameters: slices.Concat(item.Parameters, o.Parameters)}
	if o.RequestBody != nil {
		v.Request = bodies(o.RequestBody.Value.Content)
	}
	for _, status := range o.Responses.Keys() {
		r := o.Responses.Value(status).Value
		about := ""
		if r.Description != nil {
			about = *r.Description
		}
		v.Answers = append(v.Answers, docsAnswer{Status: status, About: about, Bodies: bodies(r.Content)})
	}
	slices.SortFunc(v.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return v
}

func bodies(content openapi3.Content) (list []docsBody) {
	for media, m := range content {
		list = append(list, docsBody{Type: media, Shape: shapeName(m.Schema)})
	}
	slices.SortFunc(list, func(a, b docsBody) int { return strings.Compare(a.Type, b.Type) })
	return list
}

// prose is a description in paragraphs, with what stands in backquotes as code.
func prose(text string) template.HTML {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		out.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			if i%2 == 1 {
				out.WriteString("<code>" + template.HTMLEscapeString(part) + "</code>")
			} else {
				out.WriteString(template.HTMLEscapeString(part))
			}
		}
		out.WriteString("</p>")
	}
	return template.HTML(out.String()) //nolint:gosec // every part was escaped
}
