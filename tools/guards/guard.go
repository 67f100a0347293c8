package main

import (
	"fmt"
	"slices"
	"strings"
)

// A guard is a piece of code that something depends on.
type guard struct {
	name  string // the line in docs/security.md, and what is guarded
	tests []test // each is to fail without it
	edits []edit // which take it away
}

// An edit puts one text of a file in the place of another.
type edit struct{ file, before, after string }

// A test is found by its package and a pattern of its name.
type test struct{ room, name string }

// parse reads guards.txt.
func parse(text string) ([]guard, error) {
	var all []guard
	for number, line := range strings.Split(text, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		if kind == "" || kind == "#" {
			continue
		}
		if kind == "==" {
			all = append(all, guard{name: rest})
			continue
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("line %d stands before the first guard", number+1)
		}
		if !all[len(all)-1].read(kind, rest) {
			return nil, fmt.Errorf("line %d begins with %q", number+1, kind)
		}
	}
	for _, g := range all {
		if !g.whole() {
			return nil, fmt.Errorf("%q lacks its test, its file or its text", g.name)
		}
	}
	return all, nil
}

// read reads one line of a block.
func (g *guard) read(kind, rest string) bool {
	last := len(g.edits) - 1
	switch {
	case kind == "test":
		room, name, _ := strings.Cut(rest, " ")
		g.tests = append(g.tests, test{room, name})
	case kind == "file":
		g.edits = append(g.edits, edit{file: rest})
	case kind == "and" && last >= 0:
		g.edits = append(g.edits, edit{file: g.edits[last].file})
	case kind == "-" && last >= 0:
		g.edits[last].before = joined(g.edits[last].before, rest)
	case kind == "+" && last >= 0:
		g.edits[last].after = joined(g.edits[last].after, rest)
	default:
		return false
	}
	return true
}

func (g *guard) whole() bool {
	return len(g.tests) > 0 && len(g.edits) > 0 && !slices.ContainsFunc(g.edits, func(e edit) bool { return e.before == "" })
}

// joined adds a line.
func joined(lines, line string) string {
	if lines == "" {
		return line
	}
	return lines + "\n" + line
}
