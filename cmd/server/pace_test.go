package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// brisk is a pace that tests need not wait for.
var brisk = pace{grace: 300 * time.Millisecond, rate: 1000, stall: 300 * time.Millisecond, piece: 64 << 10}

// pacing serves a handler at the brisk pace, with the settings of a pod's server,
// and answers a connection to it.
func pacing(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	server := newWholePod(t).server(brisk)
	server.Handler = brisk.around(h)
	server.ReadHeaderTimeout /= 40
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// dribble sends a byte now and then until the other end hangs up, or the time is
// over.
func dribble(conn net.Conn, every, end time.Duration) (cut bool) {
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		close(gone)
	}()
	for over := time.After(end); ; {
		select {
		case <-gone:
			return true
		case <-over:
			return false
		case <-time.After(every):
			_, _ = conn.Write([]byte("x"))
		}
	}
}

func TestSlowSenders(t *testing.T) {
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %v", n, err)
	})
	t.Run("are cut off in the headers", func(t *testing.T) {
		conn := pacing(t, read)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX: ")
		if !dribble(conn, 20*time.Millisecond, 3*time.Second) {
			t.Error("still connected")
		}
	})
	t.Run("are cut off in the body", func(t *testing.T) {
		conn := pacing(t, read)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
		if !dribble(conn, 20*time.Millisecond, 3*time.Second) {
			t.Error("still connected")
		}
	})
	t.Run("are cut off in a body that nobody reads", func(t *testing.T) {
		conn := pacing(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
		if !dribble(conn, 20*time.Millisecond, 3*time.Second) {
			t.Error("still connected")
		}
	})
	t.Run("who keep the pace may take their time", func(t *testing.T) {
		conn := pacing(t, read)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n")
		for range 30 {
			time.Sleep(40 * time.Millisecond) // four times the grace in all
			io.WriteString(conn, strings.Repeat("x", 100))
		}
		if got := answered(t, conn); got != "3000 <nil>" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("do not pay for the time that we take", func(t *testing.T) {
		conn := pacing(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * brisk.grace)
			read(w, r)
			time.Sleep(2 * brisk.stall)
			if r.Context().Err() != nil {
				t.Error("the request ended meanwhile")
			}
		}))
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
		if got := answered(t, conn); got != "3 <nil>" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("of too many headers are refused", func(t *testing.T) {
		conn := pacing(t, read)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 40<<10)+"\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v, %v", response, err)
		}
	})
}

func answered(t *testing.T, conn net.Conn) string {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestSlowReaders(t *testing.T) {
	const large = 16 << 20
	t.Run("who take nothing are cut off", func(t *testing.T) {
		failed := make(chan error, 1)
		conn := pacing(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, large))
			failed <- err
		}))
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		select {
		case err := <-failed:
			if err == nil {
				t.Error("it was all sent")
			}
		case <-time.After(5 * time.Second):
			t.Error("the handler still waits")
		}
	})
	t.Run("who go on get everything", func(t *testing.T) {
		conn := pacing(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), large))
		}))
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		began, total := time.Now(), 0
		for buffer := make([]byte, 512<<10); ; time.Sleep(30 * time.Millisecond) {
			n, err := io.ReadFull(conn, buffer)
			if total += n; err != nil {
				break
			}
		}
		if total < large || time.Since(began) < 2*brisk.stall {
			t.Errorf("%d bytes in %v", total, time.Since(began))
		}
	})
	t.Run("of a stream that is silent stay", func(t *testing.T) {
		conn := pacing(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				io.WriteString(w, "data: x\n\n")
				w.(http.Flusher).Flush()
				time.Sleep(2 * brisk.stall)
			}
			if r.Context().Err() != nil {
				t.Error("the request ended meanwhile")
			}
		}))
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := answered(t, conn); strings.Count(got, "data: x") != 3 {
			t.Errorf("got %q", got)
		}
	})
	t.Run("may ask again on the same connection after a while", func(t *testing.T) {
		conn := pacing(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * brisk.stall)
			io.WriteString(w, "here")
		}))
		reader := bufio.NewReader(conn)
		for range 2 {
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != "here" {
				t.Errorf("%q, %v", body, err)
			}
			time.Sleep(2 * brisk.stall)
		}
	})
}
