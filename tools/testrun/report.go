package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of "go test -json" (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
}

// test names one test, or with an empty name its package.
type test struct{ pkg, name string }

// report counts tests, and prints what a reader wants to see of them.
type report struct {
	out                     io.Writer
	passed, failed, skipped int
	said                    map[test]string // what each test has printed so far
	skips                   []string
	failedIn                map[string]bool // packages that have a failed test
}

func newReport(out io.Writer) *report {
	return &report{out: out, said: map[test]string{}, failedIn: map[string]bool{}}
}

// read takes the events of one run, one a line. A line that is none is passed on.
func (r *report) read(input io.Reader) error {
	lines := bufio.NewReader(input)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) == nil {
			r.take(e)
		} else {
			r.print(string(line))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e event) {
	switch {
	case e.Action == "build-output":
		r.print(e.Output)
	case e.Action == "output":
		r.said[test{e.Package, e.Test}] += e.Output
	case e.Test != "":
		r.endTest(e)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		r.endPackage(e)
	}
}

func (r *report) endTest(e event) {
	name := test{e.Package, e.Test}
	switch e.Action {
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
		r.skips = append(r.skips, e.Package+" "+e.Test+"\n"+r.said[name])
	case "fail":
		r.failed++
		r.failedIn[e.Package] = true
		r.print(r.said[name])
	default:
		return // run, pause, cont
	}
	delete(r.said, name)
}

func (r *report) endPackage(e event) {
	if e.Action == "fail" && !r.failedIn[e.Package] {
		// It did not build, or ended without a word of its tests: what was
		// running is the best hint there is.
		r.failed++
		for _, name := range slices.SortedFunc(maps.Keys(r.said), byName) {
			if name.pkg == e.Package && name.name != "" {
				r.print(r.said[name])
			}
		}
	}
	for _, line := range strings.SplitAfter(r.said[test{e.Package, ""}], "\n") {
		if line != "PASS\n" {
			r.print(line)
		}
	}
	maps.DeleteFunc(r.said, func(name test, _ string) bool { return name.pkg == e.Package })
}

func byName(a, b test) int { return strings.Compare(a.name, b.name) }

// close prints the last lines and says whether the run has failed.
func (r *report) close(skipsFail bool) bool {
	for _, skip := range r.skips {
		r.print("skipped: " + skip)
	}
	if skipsFail && r.skipped > 0 {
		r.print("CI=true: a skipped test counts as failed\n")
	}
	r.print(fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped))
	return r.failed > 0 || skipsFail && r.skipped > 0
}

func (r *report) print(text string) { fmt.Fprint(r.out, text) }
