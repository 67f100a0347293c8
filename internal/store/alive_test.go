package store_test

import (
	"net"
	"testing"
	"time"

	"podmove/internal/store"
)

func TestSpoke(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	for name, c := range map[string]struct {
		server func(conn net.Conn) error
		client func(conn net.Conn)
		want   bool
	}{
		"not, of a server that is silent": {func(net.Conn) error { return nil }, func(net.Conn) {}, false},
		"not, while somebody else waits for it": {func(net.Conn) error { return nil }, func(conn net.Conn) {
			go func() { _, _ = conn.Read(make([]byte, 1)) }()
			time.Sleep(50 * time.Millisecond) // until it waits
		}, false},
		"of one that has said something": {func(conn net.Conn) error { _, err := conn.Write([]byte("E")); return err }, func(net.Conn) {}, true},
		"of one that has hung up":        {net.Conn.Close, func(net.Conn) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			must(t, err)
			defer conn.Close()
			server, err := listener.Accept()
			must(t, err)
			defer server.Close()
			must(t, c.server(server))
			c.client(conn)
			for range 100 { // what was sent takes a moment
				if store.Spoke(conn) == c.want {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("it says %v", !c.want)
		})
	}
}
