package podmove_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// strangers is the one room that dials hosts which strangers name.
const strangers = "internal/outbound"

// knownHosts are the rooms that may make a client of their own, and why.
var knownHosts = map[string]string{
	"tools":               "they run on the machine of who builds, before what they started themselves",
	"internal/invariants": "it asks as a stranger would, for tests, pods that the test started",
	"internal/demo":       "it plays a person's browser, before the pods that it started itself",
	"internal/mail":       "it speaks with the mail server that the podmin named in the settings",
}

// reaching are what leads out of the program, by package.
var reaching = map[string][]string{
	"net/http":   {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "Client", "Transport"},
	"net":        {"Dial", "DialTimeout", "DialTCP", "Dialer", "Resolver", "DefaultResolver", "LookupHost", "LookupIP", "LookupAddr"},
	"crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
}

// TestStrangersGoThroughOutbound: no room but internal/outbound makes a client,
// a transport or a connection. (*http.Client as a type is what rooms are given.)
func TestStrangersGoThroughOutbound(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (path == ".git" || d.Name() == "node_modules" || d.Name() == "testdata") {
			return or(err, fs.SkipDir)
		}
		room := filepath.ToSlash(filepath.Dir(path))
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || room == strangers || known(room) {
			return nil
		}
		for _, where := range reaches(t, path) {
			t.Errorf("%s: what a stranger named is dialed in %s alone", where, strangers)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("and this test sees what leads past it", func(t *testing.T) {
		if len(reaches(t, strangers+"/client.go")) == 0 {
			t.Error("it saw nothing in the room that does it")
		}
	})
}

func or(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func known(room string) bool {
	for host := range knownHosts {
		if room == host || strings.HasPrefix(room, host+"/") {
			return true
		}
	}
	return false
}

// reaches are the places in a file that lead out of the program.
func reaches(t *testing.T, path string) (found []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{} // by the package's name in this file
	for _, i := range file.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		name := imported[strings.LastIndex(imported, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = reaching[imported]
	}
	types := map[ast.Expr]bool{} // behind a star: the type of what somebody else made
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			types[n.X] = true
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && !types[n] && slices.Contains(names[x.Name], n.Sel.Name) {
				found = append(found, files.Position(n.Pos()).String()+": "+x.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found
}
