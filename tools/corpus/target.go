package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is kept of one target.
const (
	maxFiles = 60
	maxFile  = 4 << 10   // bytes
	maxBytes = 100 << 10 // of all together
)

// A target is one fuzz target.
type target struct {
	root, dir string // of the module, and of the package below it
	name      string
	found     string          // where fuzzing left what it found
	reached   map[string]bool // blocks of code, and about how often
}

// An input is one file that fuzzing left.
type input struct {
	name string
	data []byte
}

// grow adds to the corpus what reaches further than all that is there.
func (t *target) grow(binary string) error {
	inputs, err := t.inputs()
	if err != nil || len(inputs) == 0 {
		return err
	}
	kept := filepath.Join(t.root, t.dir, "testdata", "fuzz", t.name)
	if err := os.MkdirAll(kept, 0o755); err != nil {
		return err
	}
	build := exec.Command("go", "test", "-c", "-covermode=count", "-coverpkg=podmove/...", "-o", binary, "./"+t.dir)
	build.Dir = t.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if _, err := t.further(binary, "^"+t.name+"$"); err != nil { // the seeds, and what is kept already
		return err
	}
	files, size, err := holds(kept)
	for _, in := range inputs {
		if err != nil || files == maxFiles || size+len(in.data) > maxBytes {
			break
		}
		path := filepath.Join(kept, in.name)
		if err = os.WriteFile(path, in.data, 0o644); err != nil {
			break
		}
		var further bool
		if further, err = t.further(binary, "^"+t.name+"$/^"+in.name+"$"); !further {
			err = errors.Join(err, os.Remove(path))
			continue
		}
		files, size = files+1, size+len(in.data)
	}
	fmt.Printf("%-22s %4d found, %2d kept, %6d bytes\n", t.name, len(inputs), files, size)
	return err
}

// inputs are what fuzzing left and is not too large, smallest first.
func (t *target) inputs() (list []input, err error) {
	entries, err := os.ReadDir(t.found)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(t.found, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(data) <= maxFile {
			list = append(list, input{e.Name(), data})
		}
	}
	slices.SortFunc(list, func(a, b input) int {
		return cmp.Or(cmp.Compare(len(a.data), len(b.data)), cmp.Compare(a.name, b.name))
	})
	return list, err
}

// holds counts what is kept already.
func holds(dir string) (files, size int, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return 0, 0, err
		}
		files, size = files+1, size+int(info.Size())
	}
	return files, size, err
}

// further runs tests and reports whether they reach code that was not reached.
func (t *target) further(binary, tests string) (bool, error) {
	profile := binary + ".cover"
	run := exec.Command(binary, "-test.run", tests, "-test.coverprofile", profile)
	run.Dir = filepath.Join(t.root, t.dir)
	if out, err := run.CombinedOutput(); err != nil {
		return false, fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(profile)
	if err != nil {
		return false, err
	}
	return add(t.reached, data), nil
}

// add notes the blocks of a cover profile that were run, and about how often,
// and reports whether something of that is new: an input that goes round a loop
// ten times is not the one that goes round it once.
func add(reached map[string]bool, profile []byte) (further bool) {
	lines := bufio.NewScanner(bytes.NewReader(profile))
	for lines.Scan() { // podmove/transfer/code.go:95.40,97.2 1 12
		line := lines.Text()
		at := strings.LastIndex(line, " ") + 1
		n, err := strconv.ParseUint(line[at:], 10, 64)
		if err != nil || n == 0 { // the first line says the mode
			continue
		}
		key := line[:at] + strconv.Itoa(bits.Len64(n))
		if !reached[key] {
			reached[key], further = true, true
		}
	}
	return further
}
