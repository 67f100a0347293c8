package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"podmove/internal/locale"
)

// spoken are the directories whose code speaks to people.
var spoken = []string{"web", "internal/locale", "internal/pod"}

// inTemplate finds {{t "…"}} and {{th "…"}}, wherever they stand in an action.
var inTemplate = regexp.MustCompile(`\bth? ("(?:[^"\\]|\\.)*")`)

// keysIn are the keys in the source below root, sorted.
func keysIn(root string) ([]locale.Key, error) {
	found := map[locale.Key]bool{}
	for _, dir := range spoken {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err != nil || d.IsDir():
				return err
			case strings.HasSuffix(path, ".html"):
				return fromTemplate(path, found)
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				return fromGo(path, found)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	keys := make([]locale.Key, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys, nil
}

func fromTemplate(path string, found map[locale.Key]bool) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, m := range inTemplate.FindAllStringSubmatch(string(raw), -1) {
		key, err := strconv.Unquote(m[1])
		if err != nil {
			return err
		}
		found[locale.Key(key)] = true
	}
	return nil
}

// fromGo finds conversions, Key("…") and locale.Key("…"), and what refusals say.
func fromGo(path string, found map[locale.Key]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if len(n.Args) == 1 && named(n.Fun, "Key") {
				note(n.Args[0], found)
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 2 && named(n.Type, "Refusal") {
				note(n.Elts[1], found)
			}
		}
		return true
	})
	return nil
}

// named reports whether an expression is the name, of this package or another.
func named(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

// note takes a string, which may stand behind a field's name.
func note(e ast.Expr, found map[locale.Key]bool) {
	if pair, ok := e.(*ast.KeyValueExpr); ok {
		e = pair.Value
	}
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		key, _ := strconv.Unquote(lit.Value) // the parser has read it
		if key != "" {
			found[locale.Key(key)] = true
		}
	}
}
