package browser

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Visit goes to an address, once more if the page was just loading itself again.
func (b *Tab) Visit(address string) {
	b.t.Helper()
	b.leave("go to "+address, func(ctx context.Context) (*network.Response, error) {
		answer, err := chromedp.Run(ctx, chromedp.NavigateResponse(address))
		if err != nil && strings.Contains(err.Error(), "net::ERR_ABORTED") {
			return chromedp.Run(ctx, chromedp.NavigateResponse(address))
		}
		return answer, err
	})
}

// Click clicks the link or button with these words on it, and waits for the page
// to which it leads.
func (b *Tab) Click(name string) {
	b.t.Helper()
	b.leave(fmt.Sprintf("click %q", name), func(ctx context.Context) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.Click(pressable(name), chromedp.NodeVisible))
	})
}

// Fill replaces what is in the field with this label.
func (b *Tab) Fill(label, text string) {
	b.t.Helper()
	b.here(fmt.Sprintf("fill in %q", label),
		chromedp.Focus(field(label), chromedp.NodeVisible),
		chromedp.Evaluate[chromedp.Void]("document.activeElement.select()"),
		chromedp.KeyEvent(kb.Delete+text))
}

// Choose sets a list of choices to a value.
func (b *Tab) Choose(label, value string) {
	b.t.Helper()
	b.here(fmt.Sprintf("choose in %q", label), chromedp.SetValue(field(label), value))
}

// Attach chooses files in the field with this label.
func (b *Tab) Attach(label string, files ...string) {
	b.t.Helper()
	b.here(fmt.Sprintf("choose files in %q", label), chromedp.SetUploadFiles(field(label), files))
}

// Tick clicks the words beside a box or a round button.
func (b *Tab) Tick(label string) {
	b.t.Helper()
	path := fmt.Sprintf(`//label[.//input][contains(normalize-space(), %s)]`, literal(label))
	b.here(fmt.Sprintf("tick %q", label), chromedp.Click(path, chromedp.NodeVisible))
}

// leave does what leads to another page, and waits for that.
func (b *Tab) leave(what string, do func(context.Context) (*network.Response, error)) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := do(ctx)
	b.do(err, what)
	if b.status = 0; answer != nil {
		b.status = answer.Status
	}
}

// here does what stays on the page.
func (b *Tab) here(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	b.do(chromedp.Do(ctx, steps...), what)
}

// pressable is the XPath of a button, or else of a link, in the page itself
// before what stands around each page.
func pressable(name string) string {
	const path = `//button[%[1]s] | //a[%[1]s][not(//button[%[1]s])][ancestor::main or not(//main//a[%[1]s])]`
	return fmt.Sprintf(path, "normalize-space() = "+literal(name))
}

// field is the XPath of what a label belongs to.
func field(label string) string {
	const fields = `self::input or self::textarea or self::select`
	return fmt.Sprintf(`//*[%s][@id = //label[normalize-space() = %s]/@for] | //label[starts-with(normalize-space(), %[2]s)]//*[%[1]s]`, fields, literal(label))
}

// literal is a text as XPath writes it, which knows no escapes.
func literal(text string) string {
	if strings.Contains(text, `"`) {
		return "'" + text + "'"
	}
	return `"` + text + `"`
}
