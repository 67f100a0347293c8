package browser

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// A watcher notes what no page may do.
type watcher struct {
	hosts []string

	mutex  sync.Mutex
	pages  []string // addresses of documents
	faults []string
}

// see is told of everything that happens in a tab.
func (w *watcher) see(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.request(e)
	case *runtime.EventExceptionThrown:
		w.fault("a script failed: %s", thrown(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.fault("a script complains: %s", words(e.Args))
		}
	case *log.EventEntryAdded:
		w.entry(e.Entry)
	}
}

func (w *watcher) request(e *network.EventRequestWillBeSent) {
	if e.Type == network.ResourceTypeDocument {
		w.mutex.Lock()
		w.pages = append(w.pages, e.Request.URL)
		w.mutex.Unlock()
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Scheme != "data" && !slices.Contains(w.hosts, u.Host) {
		w.fault("%s asks for %s, which is on another host", e.DocumentURL, e.Request.URL)
	}
}

// entry notes an error in the browser's log, such as a broken policy. A page
// that answers 404 or 422 is an error to the log, and none to a person who reads
// it; a picture of the page that does is one.
func (w *watcher) entry(e *log.Entry) {
	w.mutex.Lock()
	page := slices.Contains(w.pages, e.URL)
	w.mutex.Unlock()
	answered := page && e.Source == log.EntrySourceNetwork
	if (e.Level == log.EntryLevelError || e.Level == log.EntryLevelWarning) && !answered {
		w.fault("the browser complains of %s: %s", e.URL, e.Text)
	}
}

func (w *watcher) fault(format string, args ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// take are the faults so far, which are then forgotten.
func (w *watcher) take() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	faults := w.faults
	w.faults = nil
	return faults
}

func words(args []*runtime.RemoteObject) string {
	var list []string
	for _, arg := range args {
		list = append(list, string(arg.Value)+arg.Description)
	}
	return strings.Join(list, " ")
}

func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception == nil {
		return d.Text
	}
	return d.Text + " " + d.Exception.Description
}
