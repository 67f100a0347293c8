package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A namedPod is reached by the name "localhost", and looks the names of others up
// in a file of its own, which stands where every process finds /etc/hosts.
type namedPod struct {
	*testPod
	hosts string
}

// aside runs a program that sees other files. The address of a name server is one
// that nobody listens on.
const aside = `#!/bin/sh
exec unshare --mount sh -c 'mount --bind "$HOSTS" /etc/hosts && mount --bind "$NAMESERVERS" /etc/resolv.conf && exec "$PROGRAM" "$@"' sh "$@"
`

func newNamedPod(t *testing.T, dialect string, settings ...string) (namedPod, *wire) {
	t.Helper()
	program, err := quickBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hosts := put("hosts", knownHosts, 0o600)
	settings = append(settings, "PROGRAM="+program, "HOSTS="+hosts, "NAMESERVERS="+put("resolv.conf", "nameserver 127.255.255.254\n", 0o600))
	p := newPodOf(t, put("podmove", aside, 0o700), dialect, settings...) //nolint:gosec // it has to be run
	w := onWire(t, p)
	p.URL = strings.Replace(p.URL, "127.0.0.1", "localhost", 1)
	return namedPod{p, hosts}, w
}

const knownHosts = "127.0.0.1 localhost\n"

// forget leaves the pod without names. What it is connected with by a wire is cut,
// so that it has to look the name up.
func (p namedPod) forget(t *testing.T, w *wire) (remember func()) {
	t.Helper()
	write := func(text string) {
		if err := os.WriteFile(p.hosts, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# There is nothing here.\n")
	time.Sleep(6 * time.Second) // Go's resolver believes for five what it read (net/hosts.go)
	w.server.CloseClientConnections()
	return func() { write(knownHosts) }
}

// TestNamesGone: from the middle of a copy the old pod's name does not resolve at
// the new one, and when the old pod is to erase the new pod's does not there. Each
// waits and says so, and goes on by itself when names are back.
func TestNamesGone(t *testing.T) {
	if !mayMount(t) {
		return
	}
	each(t, func(t *testing.T, dialect string) {
		settings := []string{"PODMOVE_PAGE_ITEMS=4", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s"}
		from, old := newNamedPod(t, dialect, settings...)
		to, now := newNamedPod(t, dialect, settings...)
		from.household(t, "ada", 20, 3)
		start(t, from.testPod, to.testPod)
		v := vanishing{from: from.testPod, to: to.testPod, old: old, now: now}
		v.try(t, func() func() { return to.forget(t, old) }, func() func() { return from.forget(t, now) })
		for _, p := range []namedPod{to, from} {
			p.logs(t, "lookup localhost")
		}
	})
}
