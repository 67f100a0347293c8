package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Process is one pod, run as a process of its own.
type Process struct {
	URL    string // public URL, http on loopback: a pod in development
	Listen string // host and port to listen on, those of URL unless something stands before the pod

	binary   string
	dir      string
	database string
	settings []string // PODMOVE_…=…
	log      io.Writer
	port     net.Listener // kept until the pod takes it
	cmd      *exec.Cmd
	exited   chan struct{}
}

// NewProcess prepares a pod with its data in dir. An empty database is SQLite.
func NewProcess(binary, dir, database string, settings []string, log io.Writer) (*Process, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return &Process{
		URL: "http://" + port.Addr().String(), Listen: port.Addr().String(), binary: binary, dir: dir,
		database: database, settings: settings, log: log, port: port,
	}, nil
}

// Host is the part of a diaspora* ID after the @.
func (p *Process) Host() string { return strings.TrimPrefix(p.URL, "http://") }

// Command runs one of the pod's commands to its end, with input on stdin.
func (p *Process) Command(ctx context.Context, input string, args ...string) (string, error) {
	cmd := p.prepare(ctx, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("podmove %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// Start serves and waits until the pod is ready, at most two minutes: a busy machine
// may be slow to start it.
func (p *Process) Start(ctx context.Context) error {
	p.Release()
	p.cmd = p.prepare(ctx, "serve", "--listen", p.Listen)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // how it ended is told by whoever notices that it did
		close(exited)
	}(p.cmd, p.exited)
	return p.ready(ctx)
}

func (p *Process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.exited:
			return fmt.Errorf("the pod at %s stopped before it was ready", p.URL)
		case <-ctx.Done():
			return fmt.Errorf("the pod at %s is not ready: %w", p.URL, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop asks the pod to end, and waits for it.
func (p *Process) Stop() error { return p.end(syscall.SIGTERM) }

// Kill ends the pod as a power cut would.
func (p *Process) Kill() error { return p.end(syscall.SIGKILL) }

func (p *Process) end(signal syscall.Signal) error {
	p.Release()
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("the pod at %s did not end within 20 seconds", p.URL)
	}
}

func (p *Process) prepare(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = append(os.Environ(), p.settings...)
	cmd.Env = append(cmd.Env, "PODMOVE_DATA="+p.dir, "PODMOVE_PUBLIC_URL="+p.URL, "PODMOVE_DATABASE="+p.database)
	cmd.SysProcAttr = childAttributes()
	cmd.Dir = filepath.Dir(p.dir)
	return cmd
}

// Release gives the port to the pod, or to whoever serves in its place.
func (p *Process) Release() {
	if p.port != nil {
		_ = p.port.Close() // it only kept others away
		p.port = nil
	}
}

// freePort listens at a port that no system gives out by itself (Linux does so from
// 32768 on): it is free whenever the pod is down, and the pod may go down.
func freePort() (port net.Listener, err error) {
	for range 100 {
		port, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.N(22000)))
		if err == nil {
			return port, nil
		}
	}
	return nil, err
}
