package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// axe is the source of axe-core, as tools/setup puts it.
var axe = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", fs.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
	source, err := os.ReadFile(filepath.Join(dir, "tools/browser/node_modules/axe-core/axe.min.js"))
	return string(source), err
})

// audit runs axe-core for WCAG 2.2 AA and for good practice beyond it. The rules
// that are new in 2.2 are off unless they are named.
const audit = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	rules: {"target-size": {enabled: true}},
	resultTypes: ["violations"],
}).then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html + " (" + n.failureSummary + ")").join("; "))))`

// Audit is what axe-core finds wrong with the page as it is looked at now.
// Without axe-core the test is skipped, or fails when CI is set.
func (b *Tab) Audit() (findings []string) {
	b.t.Helper()
	source, err := axe()
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		b.t.Skip("axe-core is not here; run tools/setup axe")
	}
	b.do(err, "read axe-core")
	there, err := evaluate[bool](b, "!!window.axe")
	if err == nil && !there {
		_, err = evaluate[bool](b, source+"\n;true")
	}
	b.do(err, "load axe-core")
	found, err := evaluate[string](b, audit)
	b.do(err, "run axe-core")
	b.do(json.Unmarshal([]byte(found), &findings), "read what axe-core found")
	return findings
}

// Sideways names what makes the page scroll sideways; empty if nothing does.
func (b *Tab) Sideways() string {
	b.t.Helper()
	found, err := evaluate[[]string](b, `(page => page.scrollWidth <= page.clientWidth ? [] : [...document.querySelectorAll("body *")]
		.filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > page.clientWidth })
		.map(e => e.outerHTML.slice(0, 120)).concat("the page is " + page.scrollWidth + " wide"))(document.scrollingElement)`)
	b.do(err, "measure the page")
	return strings.Join(found, "\n")
}

// Weight is how many bytes the page and what belongs to it have, without
// pictures.
func (b *Tab) Weight() int {
	b.t.Helper()
	weight, err := evaluate[int](b, `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
		.filter(e => e.initiatorType != "img").reduce((sum, e) => sum + e.encodedBodySize, 0)`)
	if err == nil && weight == 0 {
		err = fmt.Errorf("it has none")
	}
	b.do(err, "weigh the page")
	return weight
}
