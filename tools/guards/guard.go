package main

import (
	"fmt"
	"strings"
)

// A guard is a piece of code that something depends on.
type guard struct {
	name   string // the line in docs/security.md, and what is guarded
	room   string // package of the test
	test   string // pattern of its name
	file   string
	before string // the guard as it stands in the file
	after  string // what stands there when it is taken away
}

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
		g := &all[len(all)-1]
		switch kind {
		case "test":
			g.room, g.test, _ = strings.Cut(rest, " ")
		case "file":
			g.file = rest
		case "-":
			g.before = joined(g.before, rest)
		case "+":
			g.after = joined(g.after, rest)
		default:
			return nil, fmt.Errorf("line %d begins with %q", number+1, kind)
		}
	}
	for _, g := range all {
		if g.room == "" || g.test == "" || g.file == "" || g.before == "" {
			return nil, fmt.Errorf("%q lacks its test, its file or its text", g.name)
		}
	}
	return all, nil
}

// joined adds a line.
func joined(lines, line string) string {
	if lines == "" {
		return line
	}
	return lines + "\n" + line
}
