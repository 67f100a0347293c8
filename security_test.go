package podmove_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// securityTest is a test as docs/security.md names it; a room stands before the
// first of several.
var securityTest = regexp.MustCompile("`([a-z/]+)`|`(Test[A-Za-z0-9]+)`")

// TestSecurityTests holds docs/security.md to the code: each test that it names
// is there, in the room named before it.
func TestSecurityTests(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	room, named := "", 0
	for _, found := range securityTest.FindAllStringSubmatch(string(text), -1) {
		if found[1] != "" {
			room = found[1]
			continue
		}
		named++
		if !tested(t, room, found[2], "") {
			t.Errorf("%s has no %s", room, found[2])
		}
	}
	if named < 60 {
		t.Errorf("only %d tests are named", named)
	}
}

// What a line of the checklist looks like, and a guard of one with its tests.
var (
	securityLine  = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$`)
	securityGuard = regexp.MustCompile(`(?m)^== (\d+) (.+)\n((?:test .+\n)+)`)
	guardTest     = regexp.MustCompile(`(?m)^test \./(\S+) \^(Test\w+)\$`)
)

// TestSecurityGuards holds the checklist of docs/security.md to the guards that
// "make guards" takes away: each line has some, names all of them, and names the
// tests that were seen to fail without them, and no others.
func TestSecurityGuards(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	names, tests := guards(t)
	lines := securityLine.FindAllStringSubmatch(string(text), -1)
	if len(lines) != 30 {
		t.Errorf("the checklist has %d lines", len(lines))
	}
	for i, line := range lines {
		if line[1] != strconv.Itoa(i+1) {
			t.Errorf("line %d is numbered %s", i+1, line[1])
		}
		if want := strings.Join(names[line[1]], "; "); line[3] != want || want == "" {
			t.Errorf("line %s was seen failing without %q, and says %q", line[1], want, line[3])
		}
		named, room := map[string]bool{}, ""
		for _, found := range securityTest.FindAllStringSubmatch(line[2], -1) {
			if found[1] != "" {
				room = found[1]
				continue
			}
			named[room+" "+found[2]] = true
		}
		if !maps.Equal(named, tests[line[1]]) {
			t.Errorf("line %s names %v, and its guards have %v", line[1], slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(tests[line[1]])))
		}
	}
}

// guards are the names of those of each line, and their tests.
func guards(t *testing.T) (names map[string][]string, tests map[string]map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("tools/guards/guards.txt")
	if err != nil {
		t.Fatal(err)
	}
	names, tests = map[string][]string{}, map[string]map[string]bool{}
	for _, guard := range securityGuard.FindAllStringSubmatch(string(text), -1) {
		line := guard[1]
		names[line] = append(names[line], guard[2])
		if tests[line] == nil {
			tests[line] = map[string]bool{}
		}
		for _, test := range guardTest.FindAllStringSubmatch(guard[3], -1) {
			tests[line][test[1]+" "+test[2]] = true
		}
	}
	return names, tests
}
