// Command diagram draws the states of a move, as both ends' own tables of
// transitions have them, into docs/architecture.md. Run by go generate.
//
// It refuses to know what the states mean.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"podmove/transfer/destination"
	"podmove/transfer/source"
)

//go:generate go run . ../../docs/architecture.md

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "diagram:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("name the file to draw into")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if text, err = drawn(text); err != nil {
		return err
	}
	return os.WriteFile(args[0], text, 0o644)
}

// The diagrams stand between these lines.
const (
	begin = "<!-- drawn by go generate from the tables of transitions -->\n"
	end   = "<!-- end of what is drawn -->\n"
)

// drawn is a text with the diagrams drawn anew.
func drawn(text []byte) ([]byte, error) {
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, ends := bytes.Cut(rest, []byte(end))
	if !found || !ends {
		return nil, errors.New("there is no place for the diagrams")
	}
	both := "\nAt the old pod (`transfer/source`, `redirects`):\n\n" + diagram(source.Transitions()) +
		"\nAt the new pod (`transfer/destination`):\n\n" + diagram(destination.Transitions()) + "\n"
	return slices.Concat(before, []byte(begin), []byte(both), []byte(end), after), nil
}

// diagram draws a table in Mermaid. That a state may stay as it is goes without
// saying.
func diagram[S ~string](table map[S][]S) string {
	var out strings.Builder
	out.WriteString("```mermaid\nstateDiagram-v2\n")
	names := map[S]bool{}
	var lines []string
	for _, from := range slices.Sorted(maps.Keys(table)) {
		names[from] = true
		for _, to := range table[from] {
			names[to] = true
			if from != to {
				lines = append(lines, fmt.Sprintf("    %s --> %s\n", id(from), id(to)))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if id(name) != string(name) {
			fmt.Fprintf(&out, "    state \"%s\" as %s\n", name, id(name))
		}
	}
	out.WriteString(strings.Join(lines, ""))
	out.WriteString("```\n")
	return out.String()
}

// id is a state's name without what Mermaid reads as an arrow.
func id[S ~string](name S) string { return strings.ReplaceAll(string(name), "-", "_") }
