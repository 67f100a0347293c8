package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	t.Run("a host gets no more at once than it may, and all in the end", func(t *testing.T) {
		var now, most atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
		}))
		defer server.Close()
		client := New(Options{Development: true})
		g := client.Transport.(guarded)
		g.turns = newTurns(3)
		g.next.(*http.Transport).MaxConnsPerHost = 0 // HTTP/2 has many exchanges on one connection
		client.Transport = g
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				response, err := client.Get(server.URL)
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
			})
		}
		all.Wait()
		if most.Load() != 3 {
			t.Errorf("%d at once", most.Load())
		}
		if len(g.turns.hosts) != 0 {
			t.Errorf("%d hosts are remembered", len(g.turns.hosts))
		}
	})
	t.Run("who waits may give up, and holds nothing then", func(t *testing.T) {
		turns := newTurns(1)
		done, err := turns.take(t.Context(), "a.example")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := turns.take(ctx, "a.example"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if other, err := turns.take(t.Context(), "b.example"); err != nil {
			t.Error("another host waits as well")
		} else {
			other()
		}
		done()
		done()
		if next, err := turns.take(t.Context(), "a.example"); err != nil {
			t.Error(err)
		} else {
			next()
		}
		if len(turns.hosts) != 0 {
			t.Errorf("%d hosts are remembered", len(turns.hosts))
		}
	})
}

// TestMaxBody: a reader without a bound of its own is given one.
func TestMaxBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 100))
		w.(http.Flusher).Flush()
		if r.URL.Path == "/more" {
			io.WriteString(w, "x")
		}
	}))
	defer server.Close()
	client := New(Options{Development: true, MaxBody: 100})
	read := func(path string) ([]byte, error) {
		response, err := client.Get(server.URL + path)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		return io.ReadAll(response.Body)
	}
	if data, err := read("/"); err != nil || len(data) != 100 {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
	if data, err := read("/more"); !errors.Is(err, ErrTooLarge) || len(data) > 100 {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
}
