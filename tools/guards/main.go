// Command guards takes the guards of this program away, one after the other, and
// sees that the tests which are to hold each of them fail:
//
//	go -C tools run ./guards [PATTERN]
//
// The tree stays as it is: go is given the changed file by -overlay. What is
// taken away stands in guards.txt, which says how to write it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	pattern, err := regexp.Compile(strings.Join(args, " "))
	if err != nil {
		return err
	}
	text, err := os.ReadFile("guards/guards.txt")
	if err != nil {
		return err
	}
	all, err := parse(string(text))
	if err != nil {
		return err
	}
	held, failed := 0, 0
	for _, g := range all {
		if !pattern.MatchString(g.name) {
			continue
		}
		if err := g.try(".."); err != nil {
			failed++
			fmt.Printf("NOT HELD  %s: %v\n", g.name, err)
			continue
		}
		held++
		fmt.Printf("held      %s\n", g.name)
	}
	fmt.Printf("%d guards held by their tests, %d not\n", held, failed)
	if failed > 0 || held == 0 {
		return errors.New("a guard can be taken away and no test notices")
	}
	return nil
}

// try runs the guard's tests without it, in the tree at root.
func (g guard) try(root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "guards")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := g.overlay(root, dir)
	if err != nil {
		return err
	}
	for _, t := range g.tests {
		if err := t.fails(root, overlay); err != nil {
			return fmt.Errorf("%s %s: %w", t.room, t.name, err)
		}
	}
	return nil
}

// fails runs the test.
func (t test) fails(root, overlay string) error {
	run := exec.Command("go", "test", "-count=1", "-vet=off", "-run", t.name, t.room)
	run.Dir = root
	run.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay) // for what the tests build, too
	out, err := run.CombinedOutput()
	switch {
	case err == nil:
		return errors.New("it passes without the guard")
	case !strings.Contains(string(out), "--- FAIL"):
		return fmt.Errorf("it does not run: %.500s", out)
	}
	return nil
}

// overlay writes the files without the guard, and what tells go of them.
func (g guard) overlay(root, dir string) (string, error) {
	replace := map[string]string{}
	for _, e := range g.edits {
		file := filepath.Join(root, e.file)
		from := file
		if changed, again := replace[file]; again {
			from = changed
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), e.before); n != 1 {
			return "", fmt.Errorf("its text stands in %s %d times", e.file, n)
		}
		replace[file] = filepath.Join(dir, strings.ReplaceAll(e.file, "/", "_"))
		if err := os.WriteFile(replace[file], []byte(strings.Replace(string(text), e.before, e.after, 1)), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}
