package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/config"
)

func TestStopping(t *testing.T) {
	log := &journal{}
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), "http://127.0.0.1:4001"
	p, err := openPod(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)))
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
		p, err := openPod(t.Context(), c, slog.New(slog.DiscardHandler))
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
