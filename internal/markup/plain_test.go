package markup_test

import (
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	r := renderer(t, "https://pod.example")
	for name, c := range map[string]struct {
		text string
		max  int
		want string
	}{
		"leaves the marks out":         {"# A *title*\n\nand `code`", 99, "A title and code"},
		"puts all on one line":         {"one\ntwo\n\n- three\n- four", 99, "one two three four"},
		"shows mentions by name":       {"hi @{Alice; alice@far.example}", 99, "hi Alice"},
		"shows what stands for images": {"![a cat](https://a.example/x.png) here", 99, "a cat here"},
		"shows a link's text":          {"[x](https://a.example/) https://b.example/", 99, "x https://b.example/"},
		"is text and not HTML":         {"1 < 2 &amp; <b>", 99, "1 < 2 & <b>"},
		"shows code":                   {"```\na\nb\n```", 99, "a b"},
		"cuts with an ellipsis":        {"one two three", 8, "one two…"},
		"counts characters, not bytes": {"日本語", 3, "日本語"},
		"has room for nothing":         {"abc", 0, ""},
		"leaves out control marks":     {"a\u202Eb\x07c", 99, "ab c"},
		"is empty for nothing":         {" \n ", 99, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.Plain(c.text, c.max)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if utf8.RuneCountInString(got) > c.max {
				t.Errorf("%q is longer than %d", got, c.max)
			}
		})
	}
}
