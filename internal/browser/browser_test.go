package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"podmove/internal/browser"
)

// serve serves one page, with a policy as strict as the pod's, at every address.
func serve(t *testing.T, page string) (address, host string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src *; style-src 'unsafe-inline'")
		switch r.URL.Path {
		case "/fails.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `nothing.at.all()`)
		case "/missing", "/missing.png":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, "<!doctype html><title>Missing</title>It is not here")
		default:
			fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title><main><h1>A page</h1><p>Hello, %s %s.</p>%s</main>`, r.FormValue("name"), r.Header.Get("Accept-Language"), page)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, strings.TrimPrefix(s.URL, "http://")
}

const form = `<form method="post" action="/sent"><label for="name">Your name</label><input id="name" name="name"><button>Send “it”</button></form>
<p style="padding: 1em 0"><a href="/missing">Elsewhere</a></p><noscript>Without script</noscript>`

func TestTab(t *testing.T) {
	address, host := serve(t, form)
	t.Run("fills in a form and sends it with the mouse", func(t *testing.T) {
		tab := browser.Open(t, browser.View{Language: "de"}, host)
		tab.Visit(address)
		tab.Fill("Your name", "Ada")
		tab.Fill("Your name", "Eve")
		tab.Click("Send “it”")
		tab.See("Hello, Eve de.")
		if tab.Address().Path != "/sent" || tab.Status() != http.StatusOK || tab.Says("Without script") {
			t.Errorf("at %s with %d", tab.Address(), tab.Status())
		}
	})
	t.Run("does so with the keyboard alone, and without script", func(t *testing.T) {
		tab := browser.Open(t, browser.View{NoScript: true}, host)
		tab.Visit(address)
		tab.TabTo("Your name")
		tab.Type("Ada")
		tab.TabTo("Send")
		tab.Enter()
		tab.See("Hello, Ada en.", "Without script")
	})
	t.Run("tells what a person is not offered", func(t *testing.T) {
		tab := browser.Open(t, browser.View{}, host)
		tab.Visit(address)
		if !tab.Offers("Elsewhere") || tab.Offers("Else") {
			t.Error("it does not know what it offers")
		}
	})
	t.Run("reads a page that is missing, and does not take that for a fault", func(t *testing.T) {
		tab := browser.Open(t, browser.View{}, host)
		tab.Visit(address)
		tab.Click("Elsewhere")
		tab.See("It is not here")
		if tab.Status() != http.StatusNotFound {
			t.Errorf("the answer is %d", tab.Status())
		}
	})
	t.Run("takes a picture", func(t *testing.T) {
		tab := browser.Open(t, browser.View{}, host)
		tab.Visit(address)
		file := filepath.Join(t.TempDir(), "page.png")
		tab.Screenshot(file)
		if raw, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
			t.Errorf("the file is %.20q, %v", raw, err)
		}
	})
}

// TestFaults: what no page may do is noticed without being asked for.
func TestFaults(t *testing.T) {
	_, elsewhere := serve(t, "")
	for _, c := range []struct{ what, page, says string }{
		{"a request to another host", `<img src="http://` + elsewhere + `/" alt="">`, "another host"},
		{"a script in the page, which the policy forbids", `<script>1</script>`, "Content Security Policy"},
		{"a style from a place that the policy forbids", `<link rel="stylesheet" href="/style.css">`, "Content Security Policy"},
		{"a script that fails", `<script src="/fails.js"></script>`, "nothing is not defined"},
		{"a picture that is missing", `<img src="/missing.png" alt="">`, "404"},
	} {
		t.Run(c.what, func(t *testing.T) {
			address, host := serve(t, c.page)
			tab := browser.Open(t, browser.View{}, host)
			tab.Visit(address)
			if faults := strings.Join(tab.Faults(), "\n"); !strings.Contains(faults, c.says) {
				t.Errorf("the faults are %q", faults)
			}
		})
	}
}

// TestAudit: what is hard to read or to reach is found.
func TestAudit(t *testing.T) {
	for _, c := range []struct{ what, page, finding, sideways string }{
		{"nothing is wrong with a plain page", form, "", ""},
		{"a field without a label", `<input name="name">`, "label", ""},
		{"grey on white", `<p style="color: #ccc">Can you read this?</p>`, "color-contrast", ""},
		{"grey on white only where it is light", `<style>p { color: #ccc } @media (prefers-color-scheme: dark) { :root { background: #000; color: #fff } }</style><p>Can you read this?`, "color-contrast", ""},
		{"links too small to hit", `<a href="/1" style="font-size: 5px">a</a> <a href="/2" style="font-size: 5px; display: inline-block">b</a>`, "target-size", ""},
		{"a line too wide for a phone", `<p style="width: 400px">Wide</p>`, "", "<p style"},
	} {
		t.Run(c.what, func(t *testing.T) {
			address, host := serve(t, c.page)
			tab := browser.Open(t, browser.Phone(), host)
			tab.Visit(address)
			findings := strings.Join(tab.Audit(), "\n")
			if !strings.HasPrefix(findings, c.finding) || (c.finding == "") != (findings == "") {
				t.Errorf("axe finds %q", findings)
			}
			if wide := tab.Sideways(); !strings.HasPrefix(wide, c.sideways) || (c.sideways == "") != (wide == "") {
				t.Errorf("too wide: %q", wide)
			}
			if w := tab.Weight(); w < 50 || w > 2000 {
				t.Errorf("it weighs %d bytes", w)
			}
			dark := browser.Phone()
			dark.Dark = true
			tab.Look(dark)
			if strings.Contains(c.what, "only where it is light") && len(tab.Audit()) > 0 {
				t.Error("the dark page is found to be as the light one is")
			}
		})
	}
}
