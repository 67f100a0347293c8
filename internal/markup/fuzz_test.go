package markup_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// FuzzHTML holds the output to a short list: known elements, known attributes,
// http, https and mailto, and images of this pod alone.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](data:text/html,x)", "@{a; b@c.example}",
		"<a href=\"javascript:x\">", "[![x](//a/b)](java\nscript:x)", "<https://a/\"onmouseover=x>", "[a]: javascript:x\n[a]",
		"![x](/uploads/images/a.png \"x\\\" onerror=y\")", "`<img src=x onerror=y>`", "&lt;script&gt;", "> > - 1. ~~x~~\n```\nx",
	} {
		f.Add(seed)
	}
	r := renderer(f, "https://pod.example")
	elements := strings.Fields("html head body div p br hr h1 h2 h3 h4 h5 h6 em strong del code pre blockquote ul ol li a img")
	attributes := []string{"a href", "a title", "a rel", "img src", "img alt", "img title", "ol start", "div dir"}
	f.Fuzz(func(t *testing.T, text string) {
		out := string(r.HTML(text))
		tree, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range tree.Descendants() {
			if n.Type == html.CommentNode || n.Type == html.ElementNode && !slices.Contains(elements, n.Data) {
				t.Errorf("%q has %q in it", out, n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(attributes, n.Data+" "+a.Key) {
					t.Errorf("%q has the attribute %q", out, a.Key)
				}
				checkAddress(t, out, n.Data, a)
			}
		}
		if plain := r.Plain(text, 20); utf8.RuneCountInString(plain) > 20 {
			t.Errorf("%q is too long", plain)
		}
	})
}

func checkAddress(t *testing.T, out, element string, a html.Attribute) {
	t.Helper()
	switch a.Key {
	case "src":
		if !strings.HasPrefix(a.Val, "https://pod.example/uploads/images/") {
			t.Errorf("%q loads %q", out, a.Val)
		}
	case "href":
		scheme, _, _ := strings.Cut(a.Val, ":")
		if !slices.Contains([]string{"http", "https", "mailto"}, strings.ToLower(scheme)) {
			t.Errorf("%q links to %q", out, a.Val)
		}
	case "rel":
		if element != "a" || !strings.Contains(a.Val, "noopener") {
			t.Errorf("%q has a link without its rel", out)
		}
	}
}
