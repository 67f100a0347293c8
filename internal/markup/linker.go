package markup

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// ownPhoto is the path of a photo as every pod serves it. Nothing in it can lead
// to another path.
var ownPhoto = regexp.MustCompile(`^/uploads/images/[0-9A-Za-z_][0-9A-Za-z_.-]*$`)

// linker settles where each link, image and mention of one text leads.
type linker struct {
	origin  *url.URL
	rewrite Rewrite
	source  []byte
}

// settle leaves only links that lead somewhere harmless, only images of this
// pod, and no link inside another. Nodes are listed before any is replaced.
func (l linker) settle(tree ast.Node) {
	for _, n := range list(tree) {
		switch n := n.(type) {
		case *mention:
			l.mention(n)
		case *ast.AutoLink:
			l.autoLink(n)
		case *ast.Link:
			l.link(n)
		case *ast.Image:
			l.image(n)
		}
	}
	for _, n := range list(tree) {
		if n.Kind() == ast.KindLink && insideLink(n) {
			unwrap(n)
		}
	}
}

// list is the inline nodes of a tree, each behind its children.
func list(tree ast.Node) []ast.Node {
	var nodes []ast.Node
	walk(tree, func(n ast.Node, entering bool) {
		if !entering && n.Type() == ast.TypeInline {
			nodes = append(nodes, n)
		}
	})
	return nodes
}

// walk visits every node twice, before and behind its children.
func walk(tree ast.Node, visit func(n ast.Node, entering bool)) {
	// The error is the visitor's, and it has none.
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		visit(n, entering)
		return ast.WalkContinue, nil
	})
}

// mention becomes a link to the person's profile, with the person's name.
func (l linker) mention(n *mention) {
	// A pod in development is http, and so are its peers (protocol §1.1).
	profile := url.URL{Scheme: "https", Host: n.host, Path: "/u/" + n.user}
	if n.host == l.origin.Host || l.origin.Scheme == "http" {
		profile.Scheme = l.origin.Scheme
	}
	l.replaceWithText(n, profile.String(), n.name)
}

// autoLink becomes a link that shows its address, the new one if there is one.
func (l linker) autoLink(n *ast.AutoLink) {
	address, shown := string(n.URL(l.source)), string(n.Label(l.source))
	if n.AutoLinkType == ast.AutoLinkEmail {
		l.replaceWithText(n, "mailto:"+strings.TrimPrefix(address, "mailto:"), shown)
		return
	}
	if rewritten := l.rewrite(address); rewritten != address {
		shown = rewritten
	}
	l.replaceWithText(n, address, shown)
}

func (l linker) replaceWithText(n ast.Node, address, shown string) {
	content := ast.NewString([]byte(shown))
	content.SetRaw(true) // it is text, not Markdown
	if link := l.newLink(l.resolve(address)); link != nil {
		link.AppendChild(link, content)
		n.Parent().ReplaceChild(n.Parent(), n, link)
		return
	}
	n.Parent().ReplaceChild(n.Parent(), n, content)
}

func (l linker) link(n *ast.Link) {
	settled := l.newLink(l.resolve(unescape(n.Destination)))
	if settled == nil {
		unwrap(n)
		return
	}
	settled.Title = n.Title
	moveChildren(settled, n)
	n.Parent().ReplaceChild(n.Parent(), n, settled)
}

// image stays one if it is a photo of this pod, else it becomes a link to the
// image: what loads by itself tells its owner who reads, and when.
func (l linker) image(n *ast.Image) {
	address := l.resolve(unescape(n.Destination))
	if address == nil {
		unwrap(n)
		return
	}
	if address.Scheme == l.origin.Scheme && address.Host == l.origin.Host &&
		ownPhoto.MatchString(address.EscapedPath()) {
		n.Destination = destination(address)
		return
	}
	link := l.newLink(address)
	moveChildren(link, n)
	if !link.HasChildren() {
		content := ast.NewString([]byte(address.String()))
		content.SetRaw(true)
		link.AppendChild(link, content)
	}
	n.Parent().ReplaceChild(n.Parent(), n, link)
}

// resolve makes an address absolute, asks what to show in its place, and answers
// nil where that leads nowhere that a post may link to.
func (l linker) resolve(address string) *url.URL {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil
	}
	parsed, err = url.Parse(l.rewrite(l.origin.ResolveReference(parsed).String()))
	if err != nil {
		return nil
	}
	switch parsed.Scheme {
	case "http", "https":
		if parsed.Host == "" || parsed.User != nil { // user@host misleads about the host
			return nil
		}
		return parsed
	case "mailto":
		return parsed
	default:
		return nil
	}
}

func (l linker) newLink(address *url.URL) *ast.Link {
	if address == nil {
		return nil
	}
	link := ast.NewLink()
	link.Destination = destination(address)
	link.SetAttributeString("rel", []byte(linkRel))
	return link
}

// destination writes an address for goldmark, which resolves character
// references once more as it renders.
func destination(address *url.URL) []byte {
	return []byte(strings.ReplaceAll(address.String(), "&", "&amp;"))
}

// unescape resolves the character references that Markdown allows in an address.
func unescape(destination []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(destination)))
}

func insideLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// unwrap puts a node's children in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

func moveChildren(to, from ast.Node) {
	for child := from.FirstChild(); child != nil; child = from.FirstChild() {
		to.AppendChild(to, child)
	}
}
