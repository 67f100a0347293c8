package main

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A wire is the network before a pod, under whose name it goes. What pods ask
// each other can meet a fault on it; what a person's browser asks does not.
type wire struct {
	target string
	client http.Client
	name   func(*http.Request) string // callOf, or what a test puts here
	server *httptest.Server

	mutex sync.Mutex
	pick  func(call string) fault // nil, or what it answers as nil, lets pass
	last  map[string]given        // by call
	met   map[string]int          // faults by name
}

// A fault is something that networks do to a request.
type fault struct {
	name string
	do   func(w *wire, to http.ResponseWriter, r *http.Request, body []byte)
}

// An given is a whole answer.
type given struct {
	status int
	header http.Header
	body   []byte
}

// onWire puts a pod that is not up yet behind a wire.
func onWire(t *testing.T, p *testPod) *wire {
	t.Helper()
	w := &wire{target: p.URL, name: callOf, last: map[string]given{}, met: map[string]int{}}
	w.client = http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s := httptest.NewServer(w)
	w.server = s
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	p.URL = s.URL
	return w
}

// between names what pods ask each other.
var between = regexp.MustCompile(`^/transfer/v1/(?:transfers/[^/]+/)?(.*)`)

// callOf is what kind of call a request is: "GET posts", "POST complete"; empty
// if it is none of a pod's.
func callOf(r *http.Request) string {
	found := between.FindStringSubmatch(r.URL.Path)
	if found == nil {
		return ""
	}
	what, _, deep := strings.Cut(found[1], "/")
	if deep {
		what += " content"
	}
	return r.Method + " " + what
}

// fail sets what is done to calls from now on; nil is nothing.
func (w *wire) fail(pick func(call string) fault) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.pick = pick
}

func (w *wire) fault(call string) fault {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if call == "" || w.pick == nil {
		return fault{}
	}
	f := w.pick(call)
	if f.do != nil {
		w.met[f.name]++
	}
	return f
}

// ServeHTTP is http.Handler.
func (w *wire) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		hangUp(to)
		return
	}
	if f := w.fault(w.name(r)); f.do != nil {
		f.do(w, to, r, body)
		return
	}
	if a, ok := w.carry(r, body); ok {
		a.give(to)
		return
	}
	hangUp(to)
}

// carry asks the pod.
func (w *wire) carry(r *http.Request, body []byte) (a given, ok bool) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, w.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return a, false
	}
	out.Header, out.Host, out.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
	response, err := w.client.Do(out)
	if err != nil {
		return a, false
	}
	defer response.Body.Close()
	a = given{response.StatusCode, response.Header, nil}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return a, false
	}
	if call := callOf(r); call != "" && a.status == http.StatusOK {
		w.mutex.Lock()
		w.last[call] = a
		w.mutex.Unlock()
	}
	return a, true
}

func (a given) give(to http.ResponseWriter) {
	maps.Copy(to.Header(), a.header)
	to.WriteHeader(a.status)
	_, _ = to.Write(a.body)
}

// hangUp ends the connection without an answer.
func hangUp(to http.ResponseWriter) { say(to, "") }

// say says something on the connection that no server of HTTP would, and resets
// it.
func say(to http.ResponseWriter, words string) {
	conn, out, err := http.NewResponseController(to).Hijack()
	if err != nil {
		return
	}
	_, _ = out.WriteString(words)
	_ = out.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// The faults that a network has, or what stands in it.
var (
	cut = fault{"cut before", func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) { hangUp(to) }}
	// The pod did the work, and nobody hears of it.
	lost = fault{"answer lost", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
		w.carry(r, body)
		hangUp(to)
	}}
	torn = fault{"reset in the body", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
		a, ok := w.carry(r, body)
		if ok {
			maps.Copy(to.Header(), a.header)
			to.Header().Set("Content-Length", "1000000")
			to.WriteHeader(a.status)
			_, _ = to.Write(a.body[:len(a.body)/2])
			_ = http.NewResponseController(to).Flush()
		}
		hangUp(to)
	}}
	slow = fault{"slow", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
		time.Sleep(300 * time.Millisecond)
		if a, ok := w.carry(r, body); ok {
			time.Sleep(300 * time.Millisecond)
			a.give(to)
			return
		}
		hangUp(to)
	}}
	twice = fault{"request twice", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
		w.carry(r, body)
		if a, ok := w.carry(r, body); ok {
			a.give(to)
			return
		}
		hangUp(to)
	}}
	// An answer that was given before, to another question of the kind.
	stale = fault{"old answer", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
		w.mutex.Lock()
		a, ok := w.last[callOf(r)]
		w.mutex.Unlock()
		if !ok {
			a, ok = w.carry(r, body)
		}
		if !ok {
			hangUp(to)
			return
		}
		a.give(to)
	}}
	// The beginning of a TLS alert, where HTTP is spoken.
	alert = fault{"TLS alert", func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) {
		say(to, "\x15\x03\x01\x00\x02\x02\x28")
	}}
	broken   = status("500", http.StatusInternalServerError, "")
	busy     = status("503", http.StatusServiceUnavailable, "1")
	tooOften = status("429", http.StatusTooManyRequests, "1")
)

var networkFaults = []fault{cut, lost, torn, slow, twice, stale, alert, broken, busy, tooOften}

// status answers instead of the pod.
func status(name string, code int, retryAfter string) fault {
	return fault{name, func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) {
		if retryAfter != "" {
			to.Header().Set("Retry-After", retryAfter)
		}
		http.Error(to, name, code)
	}}
}
