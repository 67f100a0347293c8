package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	all, err := parse("# about\n== 1 one\ntest ./a ^TestA$\nfile a/a.go\n- \tif x {\n- \t\treturn\n+ \tif false {\n+ \t\treturn\n")
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v", all, err)
	}
	if g := all[0]; g.name != "1 one" || g.room != "./a" || g.test != "^TestA$" || g.before != "\tif x {\n\t\treturn" || g.after != "\tif false {\n\t\treturn" {
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
		code, err := os.ReadFile(filepath.Join("../..", g.file))
		if err != nil || strings.Count(string(code), g.before) != 1 {
			t.Errorf("%s: its text does not stand once in %s (%v)", g.name, g.file, err)
		}
	}
}
