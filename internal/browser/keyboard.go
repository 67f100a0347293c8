package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is the name of what has the focus: the words on it or on its label.
const focused = `(e => ((e.labels && e.labels[0]) || e).innerText || "")(document.activeElement)`

// TabTo presses the Tab key until what has this name has the focus, and looks
// whether a person can see that it has.
func (b *Tab) TabTo(name string) {
	b.t.Helper()
	var passed []string
	for range 100 {
		b.here("press Tab", chromedp.KeyEvent(kb.Tab))
		now, err := evaluate[string](b, focused)
		b.do(err, "find the focus")
		if now = strings.Join(strings.Fields(now), " "); strings.HasPrefix(now, name) {
			b.outlined(name)
			return
		}
		passed = append(passed, now)
	}
	b.do(fmt.Errorf("the key leads past %q", passed), fmt.Sprintf("reach %q by the Tab key", name))
}

// outlined: WCAG 2.2 §2.4.7.
func (b *Tab) outlined(name string) {
	b.t.Helper()
	seen, err := evaluate[bool](b, `(s => s.outlineStyle != "none" && parseFloat(s.outlineWidth) > 0)(getComputedStyle(document.activeElement))`)
	if err == nil && !seen {
		err = errors.New("nothing shows it")
	}
	b.do(err, fmt.Sprintf("see the focus on %q", name))
}

// Type presses the keys of a text.
func (b *Tab) Type(text string) {
	b.t.Helper()
	b.here("type", chromedp.KeyEvent(text))
}

// Enter presses the Enter key, and waits for the page to which that leads.
func (b *Tab) Enter() {
	b.t.Helper()
	b.leave("press Enter", func(ctx context.Context) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.KeyEvent(kb.Enter))
	})
}
