package podmove_test

import (
	"os"
	"regexp"
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
