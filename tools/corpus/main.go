// Command corpus keeps what fuzzing found: of the inputs that "make fuzz" left in
// Go's cache it copies to each target's testdata/fuzz those that reach code of
// this module which nothing kept so far reaches, smallest first. What is kept is
// small in number and size, and every later "go test" tries it again. Go has no
// command for this.
//
//	go -C tools run ./corpus [pattern]
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	pattern := ""
	if len(os.Args) > 1 {
		pattern = os.Args[1]
	}
	if err := run(pattern); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

func run(pattern string) error {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	work, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	root, err := filepath.Abs("..") // go -C tools
	if err != nil {
		return err
	}
	targets, err := find(root)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if !wanted.MatchString(t.name) {
			continue
		}
		t.found = filepath.Join(strings.TrimSpace(string(cache)), "fuzz", "podmove", t.dir, t.name)
		if err := t.grow(filepath.Join(work, "test")); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// find lists the fuzz targets below root.
func find(root string) (list []*target, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, found := range declared.FindAllSubmatch(bytes.TrimSpace(source), -1) {
			list = append(list, &target{root: root, dir: dir, name: string(found[1]), reached: map[string]bool{}})
		}
		return err
	})
	return list, err
}
