package web

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
)

// feedSize is how many posts a feed lists, as in diaspora*.
const feedSize = 25

// The elements of RFC 4287 that a feed here has, in any order (§4.1.1).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Base    string      `xml:"xml:base,attr"` // of links to this pod inside the posts
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
		URI  string `xml:"uri"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string     `xml:"id"`
		Title     string     `xml:"title"`
		Published string     `xml:"published"`
		Updated   string     `xml:"updated"`
		Links     []atomLink `xml:"link"`
		Content   atomText   `xml:"content"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// feed is the newest public posts. It is the same for every viewer.
func (p Public) feed(c *gin.Context) {
	ctx := c.Request.Context()
	username, ok := strings.CutSuffix(c.Param("feed"), ".atom")
	if !ok {
		p.Site.Missing(c)
		return
	}
	person, err := p.Window.Named(ctx, username, pod.Viewer{})
	if err != nil {
		p.fail(c, err)
		return
	}
	list, err := p.Window.Posts(ctx, person, pod.Viewer{}, pod.Mark{}, feedSize)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	posts, err := p.shelf().posts(c, person, list)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	body, err := xml.Marshal(p.atom(person, posts))
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	c.Header("Cache-Control", "max-age=300")
	c.Header("Vary", "Accept-Language") // titles of posts without text
	c.Data(http.StatusOK, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), body...))
}

func (p Public) atom(person pod.Person, posts []shownPost) atomFeed {
	origin := p.Site.Origin
	self, profile := origin+"/public/"+person.Username+".atom", origin+"/u/"+person.Username
	feed := atomFeed{
		Base: origin + "/",
		ID:   self, Title: "Public posts of " + person.Name, Updated: moment(person.CreatedAt),
		Author: atomAuthor{person.Name, profile},
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: self},
			{Rel: "alternate", Type: "text/html", Href: profile},
		},
	}
	for i, post := range posts {
		if i == 0 {
			feed.Updated = moment(post.At)
		}
		feed.Entries = append(feed.Entries, atomEntry{
			ID: origin + post.Path, Title: post.Title, Published: moment(post.At), Updated: moment(post.At),
			Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: origin + post.Path}},
			Content: atomText{"html", p.entryHTML(post)},
		})
	}
	return feed
}

// entryHTML is a post as feed readers show it: its text, then its photos. A
// reshare is a link to what it shows.
func (p Public) entryHTML(post shownPost) string {
	var b bytes.Buffer
	b.WriteString(string(post.HTML))
	if r := post.Root; r != nil {
		b.WriteString(`<p>Reshared from <a href="` + xmlText(cmp.Or(r.URL, p.Site.Origin+post.Path)) + `">` + xmlText(cmp.Or(r.Author, "somebody")) + "</a></p>")
	}
	for _, photo := range post.Photos {
		b.WriteString(`<p><img src="` + xmlText(p.Site.Origin+photo.Full) + `" alt="` + xmlText(photo.Text) + `"></p>`)
	}
	return b.String()
}

func xmlText(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
