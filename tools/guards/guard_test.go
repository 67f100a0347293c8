package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	all, err := parse("# about\n== 1 one\ntest ./a ^TestA$\ntest ./b ^TestB$\nfile a/a.go\n- \tif x {\n- \t\treturn\n+ \tif false {\n+ \t\treturn\nand\n- x\n+\nfile b/b.go\n- y\n+ z\n")
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	if g := all[0]; g.name != "1 one" || len(g.tests) != 2 || g.tests[0] != (test{"./a", "^TestA$"}) || !slices.Equal(g.edits, []edit{
		{"a/a.go", "\tif x {\n\t\treturn", "\tif false {\n\t\treturn"}, {"a/a.go", "x", ""}, {"b/b.go", "y", "z"},
	}) {
		t.Errorf("got %+v", g)
	}
	for _, bad := range []string{"test ./a x\n", "== 1\nfile a\n", "== 1\nrubbish\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// What is written of guards has to be where it says, or "make guards" would run
// for long before it says so.
func TestGuardsAreThere(t *testing.T) {
	text, err := os.ReadFile("guards.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		for _, e := range g.edits {
			code, err := os.ReadFile(filepath.Join("../..", e.file))
			if err != nil || strings.Count(string(code), e.before) != 1 {
				t.Errorf("%s: its text does not stand once in %s (%v)", g.name, e.file, err)
			}
		}
	}
}
