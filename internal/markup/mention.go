package markup

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// maxMention bounds what is looked at behind an "@{", in bytes.
const maxMention = 512

// diasporaID is name@host, the host perhaps with a port (protocol §1.1).
var diasporaID = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,254}@[0-9A-Za-z.-]{1,253}(:[0-9]{1,5})?$`)

// mention is "@{Name; id@pod}" or "@{id@pod}" in a text.
type mention struct {
	ast.BaseInline
	name, user, host string
}

var kindMention = ast.NewNodeKind("Mention")

// Kind is ast.Node.
func (*mention) Kind() ast.NodeKind { return kindMention }

// Dump is ast.Node.
func (m *mention) Dump(source []byte, level int) {
	ast.DumpHelper(m, source, level, map[string]string{"Name": m.name, "User": m.user, "Host": m.host}, nil)
}

// mentionParser reads mentions. What does not name an ID stays text.
type mentionParser struct{}

// Trigger is parser.InlineParser.
func (mentionParser) Trigger() []byte { return []byte{'@'} }

// Parse is parser.InlineParser.
func (mentionParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	inside, ok := bytes.CutPrefix(line, []byte("@{"))
	if !ok {
		return nil
	}
	end := bytes.IndexByte(inside[:min(len(inside), maxMention)], '}')
	if end < 0 {
		return nil
	}
	m := readMention(string(inside[:end]))
	if m == nil {
		return nil
	}
	block.Advance(len("@{") + end + len("}"))
	return m
}

func readMention(inside string) *mention {
	name, id := "", inside
	if i := strings.LastIndexByte(inside, ';'); i >= 0 {
		name, id = strings.TrimSpace(inside[:i]), inside[i+1:]
	}
	id = strings.TrimSpace(id)
	if !diasporaID.MatchString(id) {
		return nil
	}
	if name == "" {
		name = id
	}
	user, host, _ := strings.Cut(id, "@")
	return &mention{name: name, user: user, host: strings.ToLower(host)}
}
