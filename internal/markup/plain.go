package markup

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// Plain is the text alone, on one line, for titles and feeds: at most maxRunes
// characters, the last of them "…" if it had to be cut. It is text and not HTML.
func (r *Renderer) Plain(text string, maxRunes int) string {
	source := []byte(harmless(text))
	var b strings.Builder
	walk(r.parse(source, func(address string) string { return address }), func(n ast.Node, entering bool) {
		if entering {
			b.WriteString(ownText(n, source))
		}
		if n.Type() == ast.TypeBlock {
			b.WriteByte(' ')
		}
	})
	return cut(strings.Join(strings.FieldsFunc(b.String(), unseen), " "), maxRunes)
}

// ownText is the text that a node itself holds, without its children's.
func ownText(n ast.Node, source []byte) string {
	switch n := n.(type) {
	case *ast.Text:
		value := n.Value(source)
		if !n.IsRaw() {
			value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
		}
		if n.SoftLineBreak() || n.HardLineBreak() {
			return string(value) + " "
		}
		return string(value)
	case *ast.String:
		return string(n.Value)
	case *ast.CodeBlock:
		return string(n.Lines().Value(source))
	case *ast.FencedCodeBlock:
		return string(n.Lines().Value(source))
	default:
		return ""
	}
}

func unseen(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func cut(text string, maxRunes int) string {
	runes := []rune(text)
	if len(runes) <= maxRunes {
		return text
	}
	if maxRunes < 1 {
		return ""
	}
	return strings.TrimRight(string(runes[:maxRunes-1]), " ") + "…"
}
