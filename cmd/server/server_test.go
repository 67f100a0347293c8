package main

import (
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"podmove/internal/cluster"
)

// A server is a PostgreSQL of a test's own, which it may start anew.
type server struct{ *cluster.Cluster }

func newServer(t *testing.T) server {
	t.Helper()
	c, err := cluster.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return server{c}
}

// pod prepares a pod on a database of the server.
func (s server) pod(t *testing.T, name string, settings ...string) *testPod {
	t.Helper()
	database, err := s.Database(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	s.tell(t, "ALTER DATABASE "+name+" SET synchronous_commit = on") // what was committed stays
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newPodOn(t, binary, database, append([]string{asProgram + "=1"}, settings...)...)
}

// tell runs a statement as the superuser.
func (s server) tell(t *testing.T, statement string) {
	t.Helper()
	if err := s.Tell(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// owns gives a directory to the user that the server runs as: the owner of the
// directory of its socket.
func (s server) owns(t *testing.T, dir string) {
	t.Helper()
	config, err := pgx.ParseConfig(s.Admin)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	who := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
		t.Fatal(err)
	}
}
