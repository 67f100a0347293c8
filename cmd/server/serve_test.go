package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/config"
)

func TestStopping(t *testing.T) {
	log := &journal{}
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), "http://127.0.0.1:4001"
	p, err := openPod(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	t.Run("is no failure when somebody is still sending", func(t *testing.T) {
		if err := p.jobs.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		entered := make(chan struct{})
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			p.handler.ServeHTTP(w, r)
		})}
		sendSlowly(t, server)
		<-entered
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.stop(ctx, server); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "some requests were cut off") {
			t.Errorf("it does not tell the podmin: %s", log)
		}
	})
}

func TestAnotherPublicURL(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	open := func(origin string) error {
		c.PublicURL = origin
		p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
		if err == nil {
			err = p.close()
		}
		return err
	}
	for _, origin := range []string{"http://127.0.0.1:4001", "http://127.0.0.1:4001/"} {
		if err := open(origin); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("is refused, and the one it began with is named", func(t *testing.T) {
		err := open("http://127.0.0.1:4002")
		if err == nil || !strings.Contains(err.Error(), "start it with --public-url http://127.0.0.1:4001") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAddressTooLong: an address is no longer than 8 KiB with its query, and a
// request's head no longer than 32 KiB.
func TestAddressTooLong(t *testing.T) {
	v := newWholePod(t)
	for _, path := range []string{"/u/", "/oauth/authorize?request_uri=", "/transfer/v1?cursor=", "/static/"} {
		t.Run(path, func(t *testing.T) {
			fits, over := path+strings.Repeat("x", maxAddress-len(path)), path+strings.Repeat("x", maxAddress-len(path)+1)
			for address, want := range map[string]bool{fits: false, over: true} {
				r := v.request(http.MethodGet, address, "", nil)
				r.RequestURI = address // httptest would have the origin in it
				if w := v.answer(r); (w.Code == http.StatusRequestURITooLong) != want {
					t.Errorf("%d bytes: %d", len(address), w.Code)
				}
			}
		})
	}
	t.Run("as a head beyond all bounds", func(t *testing.T) {
		server := httptest.NewUnstartedServer(nil)
		server.Config = v.server(slowest)
		server.Start()
		defer server.Close()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X", strings.Repeat("x", 40<<10))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Error(response.Status)
		}
	})
}

// TestConnections: no more are accepted than may be open at once, and the next
// as soon as one ends.
func TestConnections(t *testing.T) {
	v := newWholePod(t)
	const most = 3
	crowd := &crowd{t: t, most: most, came: make(chan net.Conn), gone: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- v.serve(ctx, crowd, most) }()
	var all []net.Conn
	for range most {
		all = append(all, <-crowd.came)
	}
	for range 10 {
		all[0].Close()
		all = append(all[1:], <-crowd.came)
	}
	for _, c := range all {
		c.Close()
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A crowd is a listener before which there is always somebody more. It holds
// whoever accepts to what is open.
type crowd struct {
	t     *testing.T
	most  int64
	open  atomic.Int64
	came  chan net.Conn // their ends of what was accepted
	gone  chan struct{}
	close sync.Once
}

// Accept is net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	select {
	case <-c.gone: // whoever limits a listener may ask once more after its end
		return nil, net.ErrClosed
	default:
	}
	if n := c.open.Add(1); n > c.most {
		c.t.Errorf("%d are open", n)
	}
	here, there := net.Pipe()
	select {
	case c.came <- there:
		return &member{Conn: here, crowd: c}, nil
	case <-c.gone:
		return nil, net.ErrClosed
	}
}

// Close is net.Listener.
func (c *crowd) Close() error {
	c.close.Do(func() { close(c.gone) })
	return nil
}

// Addr is net.Listener.
func (c *crowd) Addr() net.Addr { return &net.TCPAddr{} }

// A member is one of the crowd, whose connection is counted until it ends here.
type member struct {
	net.Conn
	crowd *crowd
	once  sync.Once
}

// Close is net.Conn.
func (m *member) Close() error {
	m.once.Do(func() { m.crowd.open.Add(-1) })
	return m.Conn.Close()
}

// sendSlowly sends a server the head of a form, and never its end.
func sendSlowly(t *testing.T, server *http.Server) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	head := "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nusername="
	if _, err := conn.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
}
