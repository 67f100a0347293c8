package podmove_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const protocolTests = "docs/protocol-tests.md"

// namedTest is a test as the table names it: `room TestX/a sentence`.
var namedTest = regexp.MustCompile("^\\| ([^|]*)\\| `([^` ]+) (Test[^`/]+)/?([^`]*)` \\|$")

// TestProtocolTests holds docs/protocol-tests.md to the code: each test that it
// names is there, in the room that it names.
func TestProtocolTests(t *testing.T) {
	text, err := os.ReadFile(protocolTests)
	if err != nil {
		t.Fatal(err)
	}
	named, rule := 0, false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || line == "|---|---|" || line == "| rule | test |" {
			rule = false
			continue
		}
		row := namedTest.FindStringSubmatch(line)
		if row == nil || !rule && strings.TrimSpace(row[1]) == "" {
			t.Errorf("this row names no rule, or no test: %s", line)
			continue
		}
		rule = true
		named++
		if !tested(t, row[2], row[3], row[4]) {
			t.Errorf("%s has no %s/%s", row[2], row[3], row[4])
		}
	}
	if named < 100 {
		t.Errorf("only %d tests are named", named)
	}
}

// tested reports whether a room has a test of that name, and in the same file
// the sentence of its part.
func tested(t *testing.T, room, test, sentence string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(room), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+test+"(") {
			return spoken(string(source), sentence)
		}
	}
	return false
}

// spoken reports whether a sentence stands in the source as a string, or as two
// that are put together. One that ends in … goes on with a name of any kind.
func spoken(source, sentence string) bool {
	if beginning, open := strings.CutSuffix(sentence, "…"); open {
		return strings.Contains(source, `"`+beginning)
	}
	for i := range sentence {
		together := i == 0 || strings.Contains(source, `"`+sentence[:i]+`"`)
		if together && strings.Contains(source, `"`+sentence[i:]+`"`) {
			return true
		}
	}
	return sentence == ""
}
