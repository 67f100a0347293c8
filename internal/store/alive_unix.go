//go:build unix

package store

import (
	"errors"
	"net"
	"syscall"
)

// spoke says whether an idle connection's server has said something, which is
// most often its last word, or that nobody knows. It reads nothing and waits for
// nothing.
func spoke(conn net.Conn) bool {
	if sealed, ok := conn.(interface{ NetConn() net.Conn }); ok { // tls.Conn
		conn = sealed.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	heard := true
	err = raw.Control(func(fd uintptr) { // Read would wait for whoever reads now, as pgx does in the background
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		heard = !errors.Is(err, syscall.EAGAIN)
	})
	return heard || err != nil
}
