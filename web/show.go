package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/markup"
	"podmove/internal/pod"
	"podmove/transfer"
)

// A shelf shows posts to people.
type shelf struct {
	Site   *Site
	Window pod.Window
	Markup *markup.Renderer
}

// shownPost is what templates/parts/posts.html shows of a post.
type shownPost struct {
	Path     string
	Title    string
	Author   pod.Person
	HTML     template.HTML
	More     bool // than HTML shows
	Photos   []shownPhoto
	Poll     *transfer.Poll
	Location string
	Root     *shownRoot
	Public   bool
	At       time.Time
	Own      bool   // the viewer wrote it
	From     string // host of the pod that a move brought it from; for its author only
}

type shownPhoto struct {
	Small, Full string // paths
	Text        string
}

// shownRoot is the post that a reshare shows. It lives on its author's pod.
type shownRoot struct{ Author, URL string }

// posts readies posts of one author for a page.
func (s shelf) posts(c *gin.Context, author pod.Person, list []pod.Shown) ([]shownPost, error) {
	ctx := c.Request.Context()
	rewrite, err := s.Window.Rewrite(ctx, author.Account.ID, s.Site.Origin)
	if err != nil {
		return nil, err
	}
	own := s.Site.Viewer(c).Account == author.Account.ID
	var from map[string]string
	if own {
		if from, err = s.Window.BroughtFrom(ctx, author.Account.ID, guidsOf(list)); err != nil {
			return nil, err
		}
	}
	l := s.Site.Locale(c)
	shown := make([]shownPost, len(list))
	for i, p := range list {
		shown[i] = s.post(l, p, rewrite)
		shown[i].Own, shown[i].From = own, pod.Host(from[p.GUID])
	}
	return shown, nil
}

func guidsOf(list []pod.Shown) []string {
	guids := make([]string, len(list))
	for i, p := range list {
		guids[i] = p.GUID
	}
	return guids
}

func (s shelf) post(l *locale.Locale, p pod.Shown, rewrite markup.Rewrite) shownPost {
	v := shownPost{
		Path: "/posts/" + p.GUID, Author: p.Author, HTML: s.Markup.HTMLWith(p.Item.Text, rewrite),
		Poll: p.Item.Poll, Public: p.Item.Public, At: p.Item.CreatedAt.Time(), Title: s.title(l, p),
	}
	for _, photo := range p.Photos {
		v.Photos = append(v.Photos, shownPhoto{
			Small: photoPath(pod.ThumbLarge, photo.File), Full: photoPath(pod.Original, photo.File), Text: photo.Item.Text,
		})
	}
	if l := p.Item.Location; l != nil {
		v.Location = l.Address
	}
	if root := p.Item.Root; root != nil {
		v.Root = &shownRoot{root.Author, s.rootURL(*root)}
	}
	return v
}

// title is the beginning of the text, or says what the post is without one.
func (s shelf) title(l *locale.Locale, p pod.Shown) string {
	if title := s.Markup.Plain(p.Item.Text, 60); title != "" {
		return title
	}
	switch {
	case p.Item.Root != nil:
		return l.Text(locale.Key("A reshare by %s"), p.Author.Name)
	case len(p.Item.Photos) > 0:
		return l.Text(locale.Key("A photo by %s"), p.Author.Name)
	default:
		return l.Text(locale.Key("A post by %s"), p.Author.Name)
	}
}

// rootURL is where a reshared post lives: on the pod of its author's ID, which
// in development has no TLS either. Empty if the root is gone.
func (s shelf) rootURL(root transfer.Root) string {
	_, host, _ := strings.Cut(root.Author, "@")
	if host == "" || root.GUID == "" {
		return ""
	}
	scheme, _, _ := strings.Cut(s.Site.Origin, ":")
	return (&url.URL{Scheme: scheme, Host: host, Path: "/posts/" + root.GUID}).String()
}

func photoPath(v pod.Variant, file string) string { return "/uploads/images/" + string(v) + file }
