package markup

import (
	"bytes"
	"fmt"
	"html/template"
	"net/url"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Options are what a Renderer is made from.
type Options struct {
	// Origin is the public URL of this pod, such as "https://pod.example". Its
	// photos are the only images that are shown.
	Origin string
}

// Renderer turns post text into HTML. It may be used by several goroutines.
type Renderer struct {
	origin   *url.URL
	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// Rewrite answers the address to show in place of an absolute one: another, or
// the same. It is asked for each link, image and mention. Protocol §3.4: an
// address at the old origin that the move knows is shown as the new one.
type Rewrite func(address string) string

// New makes a renderer for the pod of that origin.
func New(o Options) (*Renderer, error) {
	origin, err := url.Parse(o.Origin)
	if err != nil || origin.Host == "" {
		return nil, fmt.Errorf("showing posts: %q is no origin", o.Origin)
	}
	return &Renderer{
		origin:   &url.URL{Scheme: origin.Scheme, Host: origin.Host},
		markdown: newMarkdown(),
		policy:   newPolicy(),
	}, nil
}

// HTML renders text inside one <div dir="auto">.
func (r *Renderer) HTML(text string) template.HTML {
	return r.HTMLWith(text, func(address string) string { return address })
}

// HTMLWith renders text with other addresses in it.
func (r *Renderer) HTMLWith(text string, rewrite Rewrite) template.HTML {
	source := []byte(harmless(text))
	var unsafe bytes.Buffer
	if err := r.markdown.Renderer().Render(&unsafe, source, r.parse(source, rewrite)); err != nil {
		// A bytes.Buffer takes everything, so this is a fault in an extension.
		// The text itself is still there to show.
		unsafe.Reset()
		template.HTMLEscape(&unsafe, source)
	}
	safe := r.policy.SanitizeBytes(unsafe.Bytes())
	return template.HTML(`<div dir="auto">` + string(safe) + `</div>`)
}

// parse reads the text into a tree in which every link and image is settled.
func (r *Renderer) parse(source []byte, rewrite Rewrite) ast.Node {
	tree := r.markdown.Parser().Parse(text.NewReader(source))
	linker{origin: r.origin, rewrite: rewrite, source: source}.settle(tree)
	return tree
}

// newMarkdown is CommonMark without raw HTML, which is read as text, and with
// what diaspora* adds: mentions, bare addresses as links, line breaks that are
// line breaks, and text struck through.
func newMarkdown() goldmark.Markdown {
	blocks := []util.PrioritizedValue{
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	}
	inlines := []util.PrioritizedValue{
		util.Prioritized(mentionParser{}, 50),
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
	}
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(blocks...),
			parser.WithInlineParsers(inlines...),
			parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...))),
		goldmark.WithRendererOptions(html.WithHardWraps()),
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough))
}
