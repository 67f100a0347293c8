// Command bench-oauth counts how many refreshes a second a pod's token endpoint
// does, next to zitadel/oidc's example provider in the same run:
//
//	bench-oauth bin/podmove
//
// The example keeps its rows in memory and knows no proofs, so that the pod that
// it is compared with has its database on a file system in memory, if there is
// one, and a client with a secret, too. What pods do among themselves, with proofs
// and on the disk, is told beside it. Each server is a process of its own on loopback; eight workers, each with a
// grant of its own, refresh at one server and then at the other, by turns, so
// that whatever else the machine does burdens both. The ratio is printed, and
// less than 1 is a failure.
//
// It has a go.mod of its own: the pod must not depend on what it is compared
// with.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"
)

// How hard, and how long each of the turns: four seconds a server in all.
const (
	workers = 8
	turns   = 4
	turn    = time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "example":
		err = serveExample(os.Args[2])
	case len(os.Args) == 2:
		err = compare(ctx, os.Args[1])
	default:
		err = fmt.Errorf("usage: bench-oauth PODMOVE")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-oauth:", err)
		stop()
		os.Exit(1)
	}
}

// memory is a directory whose files are in memory, where there is one.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// podIn starts a pod in a directory of its own.
func podIn(ctx context.Context, children *sync.WaitGroup, binary, in string, alike bool) (s *server, remove func(), err error) {
	dir, err := os.MkdirTemp(in, "bench-oauth-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if s, err = newPod(ctx, children, binary, dir, alike); err != nil {
		remove()
		return nil, nil, fmt.Errorf("the pod: %w", err)
	}
	return s, remove, nil
}

// A server is one end of the comparison.
type server struct {
	what    string
	refresh []func(context.Context) error // one for each worker
	done    int
	took    time.Duration
}

func (s *server) rate() float64 { return float64(s.done) / s.took.Seconds() }

func compare(ctx context.Context, binary string) error {
	var children sync.WaitGroup
	defer children.Wait()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	pod, remove, err := podIn(ctx, &children, binary, memory(), true)
	if err != nil {
		return err
	}
	defer remove()
	full, remove, err := podIn(ctx, &children, binary, os.TempDir(), false)
	if err != nil {
		return err
	}
	defer remove()
	example, err := newExample(ctx, &children)
	if err != nil {
		return fmt.Errorf("the example provider: %w", err)
	}
	for range turns {
		for _, s := range []*server{pod, example, full} {
			if err := s.load(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.what, err)
			}
		}
	}
	ratio := pod.rate() / example.rate()
	for _, s := range []*server{pod, example, full} {
		fmt.Printf("%7.0f refreshes/s  %s\n", s.rate(), s.what)
	}
	fmt.Printf("%7.2f ratio of the first two, which do alike, with %d workers for %v each\n", ratio, workers, turns*turn)
	fmt.Printf("%7.2f with what pods do among themselves and the example cannot\n", full.rate()/example.rate())
	if ratio < 1 {
		return fmt.Errorf("the pod does fewer refreshes a second than the example provider")
	}
	return nil
}
