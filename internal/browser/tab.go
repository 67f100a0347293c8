package browser

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A View is how pages are looked at. The zero View is a desktop in daylight.
type View struct {
	Width, Height int64 // of the window; 1280 and 800 if zero
	Dark          bool
	Language      string // of Accept-Language; "en" if empty
	NoScript      bool
}

// Phone is the narrowest window that pages have to fit: WCAG 2.2 §1.4.10.
func Phone() View { return View{Width: 320, Height: 640} }

// A Tab is one window of a browser that shares nothing with other windows, no
// cookie either.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	close  func()
	status int64 // of the page last gone to
	watch  *watcher
}

// Open opens a tab that may speak with the hosts given and no others. It closes
// when the test ends, and then tells the test what was wrong. Without Chromium
// the test is skipped, or fails when CI is set.
func Open(t testing.TB, v View, hosts ...string) *Tab {
	t.Helper()
	browser, err := chromium()
	switch {
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatalf("start Chromium: %v", err)
	}
	b := &Tab{t: t, watch: &watcher{hosts: hosts}}
	b.ctx, b.close = chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.watch.see))
	t.Cleanup(b.Close)
	b.do(chromedp.Do(b.ctx), "open a tab")
	b.Look(v)
	return b
}

// Close closes the tab as a person does: cookies go with it.
func (b *Tab) Close() {
	b.t.Helper()
	b.close()
	for _, fault := range b.Faults() {
		b.t.Error(fault)
	}
}

// Faults are what went wrong since they were last asked for: requests to other
// hosts, broken policies, errors in scripts.
func (b *Tab) Faults() []string { return b.watch.take() }

// Look changes how the page is looked at. The language, and whether scripts run,
// are those of the next page.
func (b *Tab) Look(v View) {
	b.t.Helper()
	scheme, language := "light", v.Language
	if v.Dark {
		scheme = "dark"
	}
	if language == "" {
		language = "en"
	}
	if v.Width == 0 {
		v.Width, v.Height = 1280, 800
	}
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: v.Width, Height: v.Height, DeviceScaleFactor: 1, Mobile: v.Width < 600,
	})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: "Mozilla/5.0 (tests of Podmove) Chromium", AcceptLanguage: language,
	})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.NoScript})
}

// call sends a command of the DevTools protocol.
func call[P, R any](b *Tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.Call(ctx, command, params)
	b.do(err, command.Method)
	return answer
}

// evaluate computes an expression in the page, whatever the page's policy says
// of scripts.
func evaluate[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// do ends the test if something could not be done, and says what the page was.
func (b *Tab) do(err error, what string) {
	b.t.Helper()
	if err == nil {
		return
	}
	text, _ := evaluate[string](b, "document.body.innerText") // there may be no page
	address, _ := evaluate[string](b, "location.href")
	b.t.Fatalf("%s: %v; the page at %s says:\n%s\n%v", what, err, address, text, b.Faults())
}
