package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A Line is what a script says.
type Line struct {
	Step  string `json:"step"`  // a sentence about what it did
	Error string `json:"error"` // why that failed
	Ask   string `json:"ask"`   // what it waits for
	URL   string `json:"url"`
	Done  bool   `json:"done"` // it has come to its end
}

// A Script is a program of tools/peers that runs.
type Script struct {
	t      testing.TB
	name   string
	input  io.WriteCloser
	output *bufio.Scanner
	errors tail
}

// Start runs a script until the test ends, and tells it what it has to know.
// Without the packages the test is skipped, or fails when CI is set.
func Start(t testing.TB, name string, told any) *Script {
	t.Helper()
	dir, node := find(t)
	s := &Script{t: t, name: name}
	command := exec.CommandContext(t.Context(), node, name)
	command.Dir, command.Stderr = dir, &s.errors
	var err error
	if s.input, err = command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.output = bufio.NewScanner(output)
	s.output.Buffer(nil, 1<<20)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.input.Close() // which ends it
		_ = command.Wait()
		if said := s.errors.String(); t.Failed() && said != "" {
			t.Logf("%s complained:\n%s", name, said)
		}
	})
	s.Say(told)
	return s
}

// Say writes a line to the script.
func (s *Script) Say(v any) {
	s.t.Helper()
	line, err := json.Marshal(v)
	if err == nil {
		_, err = s.input.Write(append(line, '\n'))
	}
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", s.name, err, s.errors.String())
	}
}

// Hear waits for what the script says next. One that ends without having said
// that it is done fails the test.
func (s *Script) Hear() (l Line) {
	s.t.Helper()
	if !s.output.Scan() {
		s.t.Fatalf("%s ended before it was done (%v):\n%s", s.name, s.output.Err(), s.errors.String())
	}
	if err := json.Unmarshal(s.output.Bytes(), &l); err != nil {
		s.t.Fatalf("%s says %q", s.name, s.output.Text())
	}
	return l
}

// find answers the directory of the scripts, and the Node to run them with: the
// one that npm brought, or on a system for which it has none, the machine's.
func find(t testing.TB) (dir, node string) {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "tools/peers")
	_, missing := os.Stat(filepath.Join(dir, "node_modules/openid-client"))
	brought, _ := filepath.Glob(filepath.Join(dir, "node_modules/node-*/bin/node"))
	if len(brought) > 0 {
		node = brought[0]
	} else {
		node, _ = exec.LookPath("node")
	}
	if missing != nil || node == "" {
		if os.Getenv("CI") == "" {
			t.Skip("openid-client and oidc-provider are not here; run tools/setup peers")
		}
		t.Fatal("openid-client and oidc-provider are not here; run tools/setup peers")
	}
	return dir, node
}

// tail keeps what a script complains about.
type tail struct {
	mutex sync.Mutex
	bytes.Buffer
}

// Write is io.Writer.
func (b *tail) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

// String is all of it.
func (b *tail) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}
