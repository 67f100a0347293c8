package markup_test

import (
	"fmt"
	"html/template"
	"strings"
	"testing"

	"podmove/internal/markup"
)

func renderer(t testing.TB, origin string) *markup.Renderer {
	t.Helper()
	r, err := markup.New(markup.Options{Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func link(to, text string) string {
	return fmt.Sprintf(`<a href="%s" rel="nofollow noopener noreferrer ugc">%s</a>`, to, text)
}

func inDiv(content string) template.HTML {
	return template.HTML(`<div dir="auto">` + content + `</div>`)
}

func paragraph(content string) template.HTML { return inDiv("<p>" + content + "</p>\n") }

func TestHTML(t *testing.T) {
	r := renderer(t, "https://pod.example")
	for name, c := range map[string]struct {
		text string
		want template.HTML
	}{
		"shows Markdown":                        {"**bold** _em_ ~~gone~~ `code`", paragraph("<strong>bold</strong> <em>em</em> <del>gone</del> <code>code</code>")},
		"keeps line breaks":                     {"one\ntwo", paragraph("one<br>\ntwo")},
		"leaves a hashtag as text":              {"#podmin and more", paragraph("#podmin and more")},
		"shows raw HTML as text":                {"<b>x</b><script>alert(1)</script>", paragraph("&lt;b&gt;x&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;")},
		"shows a block of HTML as text":         {"<div onclick=x>\ny</div>", paragraph("&lt;div onclick=x&gt;<br>\ny&lt;/div&gt;")},
		"links a bare address":                  {"see https://a.example/x?y=1&z=2.", paragraph("see " + link("https://a.example/x?y=1&amp;z=2", "https://a.example/x?y=1&amp;z=2") + ".")},
		"links an e-mail address":               {"<me@a.example>", paragraph(link("mailto:me@a.example", "me@a.example"))},
		"resolves an address on this pod":       {"[here](/posts/1)", paragraph(link("https://pod.example/posts/1", "here"))},
		"keeps a character reference as it is":  {"[x](https://a.example/?a=1&amp;lt;b)", paragraph(link("https://a.example/?a=1&amp;lt;b", "x"))},
		"keeps a title":                         {`[x](https://a.example/ "t&quot;t")`, paragraph(`<a href="https://a.example/" title="t&#34;t" rel="nofollow noopener noreferrer ugc">x</a>`)},
		"shows a photo of this pod":             {"![alt](https://pod.example/uploads/images/scaled_full_ab.jpg)", paragraph(`<img src="https://pod.example/uploads/images/scaled_full_ab.jpg" alt="alt">`)},
		"links to an image elsewhere":           {"![alt](https://a.example/uploads/images/x.png)", paragraph(link("https://a.example/uploads/images/x.png", "alt"))},
		"links to an image that has no text":    {"![](https://a.example/x.png)", paragraph(link("https://a.example/x.png", "https://a.example/x.png"))},
		"links to an image behind two slashes":  {"![a](//a.example/uploads/images/x.png)", paragraph(link("https://a.example/uploads/images/x.png", "a"))},
		"links to an image that is no photo":    {"![a](/users/sign_out)", paragraph(link("https://pod.example/users/sign_out", "a"))},
		"is not led out of the photos' path":    {"![a](/uploads/images/%2e%2e/%2e%2e/users/sign_out)", paragraph(link("https://pod.example/uploads/images/%2e%2e/%2e%2e/users/sign_out", "a"))},
		"makes one link of an image in a link":  {"[![a](https://a.example/x.png)](https://b.example/)", paragraph(link("https://b.example/", "a"))},
		"drops a link that runs a script":       {"[x](javascript:alert(1))", paragraph("x")},
		"drops a script in disguise":            {"[x](&#106;avascript&colon;alert(1))", paragraph("x")},
		"drops data":                            {"![x](data:image/svg+xml;base64,AAAA)", paragraph("x")},
		"drops an address with a user name":     {"[x](https://pod.example@a.example/)", paragraph("x")},
		"leaves out turns of direction":         {"a\u202Eb\u2066c\u2069d", paragraph("abcd")},
		"leaves right-to-left text as it is":    {"שלום\u200F!", paragraph("שלום\u200F!")},
		"leaves out NUL":                        {"a\x00b", paragraph("ab")},
		"mentions by name":                      {"hi @{Alice A.; alice@far.example}!", paragraph("hi " + link("https://far.example/u/alice", "Alice A.") + "!")},
		"mentions by ID":                        {"@{alice@far.example:3000}", paragraph(link("https://far.example:3000/u/alice", "alice@far.example:3000"))},
		"mentions somebody here":                {"@{Bob;bob@pod.example}", paragraph(link("https://pod.example/u/bob", "Bob"))},
		"takes a mention's name as text":        {"@{<b>*x*</b>; alice@far.example}", paragraph(link("https://far.example/u/alice", "&lt;b&gt;*x*&lt;/b&gt;"))},
		"leaves what is no mention as text":     {"@{nobody} @{a; b/c@d} @{x", paragraph("@{nobody} @{a; b/c@d} @{x")},
		"leaves a mention inside code as it is": {"`@{alice@far.example}`", paragraph("<code>@{alice@far.example}</code>")},
		"makes one link of a mention in a link": {"[a @{b@far.example}](https://a.example/)", paragraph(link("https://a.example/", "a b@far.example"))},
		"counts a list on":                      {"3. x", inDiv("<ol start=\"3\">\n<li>x</li>\n</ol>\n")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.HTML(c.text); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestHTMLWith(t *testing.T) {
	r := renderer(t, "https://new.example")
	moved := func(address string) string {
		return strings.Replace(address, "https://old.example/", "https://new.example/", 1)
	}
	for name, c := range map[string]struct {
		text string
		want template.HTML
	}{
		"shows a photo that moved":        {"![a](https://old.example/uploads/images/x.png)", paragraph(`<img src="https://new.example/uploads/images/x.png" alt="a">`)},
		"links to a post that moved":      {"[a](https://old.example/posts/1)", paragraph(link("https://new.example/posts/1", "a"))},
		"shows the new address":           {"https://old.example/posts/1", paragraph(link("https://new.example/posts/1", "https://new.example/posts/1"))},
		"mentions who moved":              {"@{Me; me@old.example}", paragraph(link("https://new.example/u/me", "Me"))},
		"leaves other addresses as is":    {"[a](https://far.example/posts/1)", paragraph(link("https://far.example/posts/1", "a"))},
		"leaves an address in code as is": {"`https://old.example/posts/1`", paragraph("<code>https://old.example/posts/1</code>")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.HTMLWith(c.text, moved); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("checks the address that it is given", func(t *testing.T) {
		got := r.HTMLWith("[x](https://old.example/)", func(string) string { return "javascript:alert(1)" })
		if got != paragraph("x") {
			t.Errorf("got %s", got)
		}
	})
}

func TestDevelopmentMention(t *testing.T) {
	r := renderer(t, "http://127.0.0.1:4002")
	want := paragraph(link("http://127.0.0.1:4001/u/a", "a@127.0.0.1:4001"))
	if got := r.HTML("@{a@127.0.0.1:4001}"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestNew(t *testing.T) {
	for _, origin := range []string{"", "pod.example", "https://", "http://["} {
		if _, err := markup.New(markup.Options{Origin: origin}); err == nil {
			t.Errorf("%q is taken for an origin", origin)
		}
	}
}
