package browser

import (
	"os"

	"github.com/chromedp/cdproto/page"
)

// Screenshot writes what the window shows into a PNG file.
func (b *Tab) Screenshot(file string) {
	b.t.Helper()
	picture := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	b.do(os.WriteFile(file, picture.Data, 0o644), "keep a screenshot")
}
