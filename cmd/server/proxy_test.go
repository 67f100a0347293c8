package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A proxy stands before a pod, under whose name it goes. It sees everything,
// and may alter the pod's answers.
type proxy struct {
	mutex sync.Mutex
	alter func(r *http.Request, answer []byte) []byte  // nil alters nothing
	seen  func(response *http.Response, answer []byte) // nil does not look
	gate  chan struct{}                                // pages of posts after the first wait for it; nil lets them pass
}

// behind puts a pod that is not up yet behind a proxy.
func behind(t *testing.T, p *testPod) *proxy {
	t.Helper()
	target, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := &proxy{}
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: v.pass,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // the pod is not up at first
	})
	t.Cleanup(s.Close)
	p.URL = s.URL
	return v
}

// lie sets what the proxy alters from now on.
func (v *proxy) lie(alter func(r *http.Request, answer []byte) []byte) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.alter = alter
}

// halt lets no page of posts pass but the first, until go on is called.
func (v *proxy) halt(t *testing.T) (goOn func()) {
	t.Helper()
	v.mutex.Lock()
	defer v.mutex.Unlock()
	gate := make(chan struct{})
	v.gate, goOn = gate, sync.OnceFunc(func() { close(gate) })
	t.Cleanup(goOn)
	return goOn
}

// free lets every page pass.
func (v *proxy) free() {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.gate = nil
}

func (v *proxy) wait(r *http.Request) {
	v.mutex.Lock()
	gate := v.gate
	v.mutex.Unlock()
	if cursor, ok := pageOf(r); ok && cursor != "" && gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done(): // who asked has gone, and asks once more
		}
	}
}

func (v *proxy) pass(response *http.Response) error {
	v.wait(response.Request)
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.seen != nil {
		v.seen(response, answer)
	}
	if v.alter != nil && response.StatusCode == http.StatusOK {
		answer = v.alter(response.Request, answer)
		response.Header.Del("Content-Length")
		response.ContentLength = int64(len(answer))
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return nil
}

// pageOf reports whether a request asks for a page of posts, and which cursor
// it brings.
func pageOf(r *http.Request) (cursor string, ok bool) {
	ok = strings.HasPrefix(r.URL.Path, "/transfer/v1/transfers/") && strings.HasSuffix(r.URL.Path, "/posts")
	return r.URL.Query().Get("cursor"), ok
}
