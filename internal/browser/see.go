package browser

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// pause is how long to wait before looking again.
const pause = 50 * time.Millisecond

// See waits until the page shows all these words, at most a minute, and
// reads it as a person does: what is hidden is not there.
func (b *Tab) See(words ...string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("see %q", words), func(text string) bool {
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return true
	})
}

// SeeNot waits until the page shows none of these words.
func (b *Tab) SeeNot(words ...string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("not see %q", words), func(text string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return false
			}
		}
		return text != ""
	})
}

// wait waits for a text. The page may be on its way to another, so that what
// cannot be read is read again.
func (b *Tab) wait(what string, enough func(text string) bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pause) {
		if text, err := b.text(); err == nil && enough(text) {
			return
		}
	}
	b.do(errors.New("it does not come to that"), what)
}

// text is what a person reads, with single spaces.
func (b *Tab) text() (string, error) {
	text, err := evaluate[string](b, "document.body.innerText")
	return strings.Join(strings.Fields(text), " "), err
}

// Read is what stands in the first element that a selector finds.
func (b *Tab) Read(selector string) string {
	b.t.Helper()
	text, err := evaluate[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
	b.do(err, "read "+selector)
	return strings.TrimSpace(text)
}

// Says reports whether the page shows these words now.
func (b *Tab) Says(words string) bool {
	b.t.Helper()
	text, err := b.text()
	b.do(err, "read the page")
	return strings.Contains(text, words)
}

// Offers reports whether the page has a link or button with these words.
func (b *Tab) Offers(name string) bool {
	b.t.Helper()
	there, err := evaluate[bool](b, fmt.Sprintf("!!document.evaluate(%q, document).iterateNext()", pressable(name)))
	b.do(err, "look for a button")
	return there
}

// Status is that of the answer that brought the page.
func (b *Tab) Status() int64 { return b.status }

// Address is where the page is.
func (b *Tab) Address() *url.URL {
	b.t.Helper()
	address, err := evaluate[string](b, "location.href")
	b.do(err, "read the address")
	u, err := url.Parse(address)
	b.do(err, "read the address")
	return u
}
