package web

import (
	"context"
	"html/template"
	"net/url"
	"strings"
	"time"

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
	Photos   []shownPhoto
	Poll     *transfer.Poll
	Location string
	Root     *shownRoot
	Public   bool
	At       time.Time
}

type shownPhoto struct {
	Small, Full string // paths
	Text        string
}

// shownRoot is the post that a reshare shows. It lives on its author's pod.
type shownRoot struct{ Author, URL string }

// posts readies posts of one author for a page.
func (s shelf) posts(ctx context.Context, author pod.Person, list []pod.Shown) ([]shownPost, error) {
	rewrite, err := s.Window.Rewrite(ctx, author.Account.ID, s.Site.Origin)
	if err != nil {
		return nil, err
	}
	shown := make([]shownPost, len(list))
	for i, p := range list {
		shown[i] = s.post(p, rewrite)
	}
	return shown, nil
}

func (s shelf) post(p pod.Shown, rewrite markup.Rewrite) shownPost {
	v := shownPost{
		Path: "/posts/" + p.GUID, Author: p.Author, HTML: s.Markup.HTMLWith(p.Item.Text, rewrite),
		Poll: p.Item.Poll, Public: p.Item.Public, At: p.Item.CreatedAt.Time(), Title: s.title(p),
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
func (s shelf) title(p pod.Shown) string {
	if title := s.Markup.Plain(p.Item.Text, 60); title != "" {
		return title
	}
	switch {
	case p.Item.Root != nil:
		return "A reshare by " + p.Author.Name
	case len(p.Item.Photos) > 0:
		return "A photo by " + p.Author.Name
	default:
		return "A post by " + p.Author.Name
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
