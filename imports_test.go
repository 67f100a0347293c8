package podmove_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module = "podmove"
	// anything in a cell of the map allows every room.
	anything = "anything"
	// standard in a cell of the map allows the standard library only.
	standard = "the standard library only"
)

// TestImportMap holds the code and the map in docs/architecture.md together:
// each room has a row and each row a room, and a room imports what its row says,
// no more and no less. What only tests import does not count.
func TestImportMap(t *testing.T) {
	imports := roomImports(t)
	allowed := table(t, "## Who imports whom")
	for _, room := range slices.Sorted(maps.Keys(imports)) {
		t.Run(room, func(t *testing.T) { checkRoom(t, room, imports[room], allowed) })
	}
	for _, room := range slices.Sorted(maps.Keys(allowed)) {
		if _, ok := imports[room]; !ok {
			t.Errorf("the map has a row for %q, and there is no such room", room)
		}
	}
}

func checkRoom(t *testing.T, room string, imports []string, allowed map[string][]string) {
	t.Helper()
	row, ok := allowed[room]
	rooms := ours(imports)
	if !ok {
		t.Fatalf("the map has no row for it; it would be\n| `%s` | %s |", room, cell(rooms))
	}
	if slices.Equal(row, []string{anything}) {
		return
	}
	if slices.Equal(row, []string{standard}) {
		if foreign := slices.DeleteFunc(slices.Clone(imports), isStandard); len(foreign) > 0 {
			t.Errorf("it imports %s", strings.Join(foreign, ", "))
		}
		return
	}
	if !slices.Equal(row, rooms) {
		t.Errorf("the map says\n  %s\nand the code says\n  %s\nIf the code is right, the row is\n| `%s` | %s |",
			cell(row), cell(rooms), room, cell(rooms))
	}
}

// TestLibraryMap holds each large library to the rooms that docs/architecture.md
// gives it.
func TestLibraryMap(t *testing.T) {
	imports := roomImports(t)
	for library, rooms := range table(t, "## Which library lives where") {
		t.Run(library, func(t *testing.T) {
			var found []string
			for room, imported := range imports {
				if slices.ContainsFunc(imported, func(path string) bool {
					return path == library || strings.HasPrefix(path, library+"/")
				}) {
					found = append(found, room)
				}
			}
			slices.Sort(found)
			if !slices.Equal(found, rooms) {
				t.Errorf("the map says\n  %s\nand the code says\n  %s", cell(rooms), cell(found))
			}
		})
	}
}

// roomImports is what each package of the module imports, by the path of its
// directory; the root is "podmove".
func roomImports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	output, err := list.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Logf("%s", e.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return imports
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if p.Imports != nil || p.ImportPath != module { // the root may hold this test alone
			imports[strings.TrimPrefix(p.ImportPath, module+"/")] = p.Imports
		}
	}
}

// ours is the rooms among some imports, sorted.
func ours(imports []string) []string {
	var rooms []string
	for _, path := range imports {
		if room, ok := strings.CutPrefix(path, module+"/"); ok || path == module {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}

// isStandard: what has no dot before its first slash, and is not ours.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != module
}

// table reads the table of two columns below a heading: the words of the second
// column, sorted, by the first.
func table(t *testing.T, heading string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), heading+"\n")
	if !found {
		t.Fatalf("docs/architecture.md has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		key := strings.Trim(cells[0], " `")
		if len(cells) != 2 || !strings.Contains(cells[0], "`") {
			continue // prose, the header, or the line below it
		}
		if _, twice := rows[key]; twice {
			t.Errorf("%s: two rows for %q", heading, key)
		}
		rows[key] = words(cells[1])
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", heading)
	}
	return rows
}

func words(cell string) []string {
	var found []string
	for word := range strings.SplitSeq(cell, ",") {
		if word = strings.Trim(word, " `"); word != "" && word != "nothing" {
			found = append(found, word)
		}
	}
	slices.Sort(found)
	return found
}

func cell(rooms []string) string {
	if len(rooms) == 0 {
		return "nothing"
	}
	quoted := make([]string, 0, len(rooms))
	for _, room := range rooms {
		quoted = append(quoted, fmt.Sprintf("`%s`", room))
	}
	return strings.Join(quoted, ", ")
}
