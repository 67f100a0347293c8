package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/sample"
	"podmove/internal/store/storetest"
)

// A testPod is a pod that runs as a process of its own.
type testPod struct {
	*demo.Process
	dir      string
	database string // empty for SQLite
	log      *journal

	opening sync.Mutex
	db      *sql.DB // see rows
}

// newPod prepares a pod on an empty database. It does not outlive the test. On
// PostgreSQL the race detector watches it. On SQLite nothing does, to keep the
// tests short: the program is the same but for internal/store, whose own tests
// are watched on both.
func newPod(t *testing.T, dialect string, settings ...string) *testPod {
	t.Helper()
	if dialect == storetest.SQLite {
		return newQuickPod(t, dialect, settings...)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newPodOf(t, binary, dialect, append([]string{asProgram + "=1"}, settings...)...)
}

// newQuickPod prepares a pod that the race detector never watches, for tests that
// look at something else for a long time.
func newQuickPod(t *testing.T, dialect string, settings ...string) *testPod {
	t.Helper()
	binary, err := quickBinary()
	if err != nil {
		t.Fatal(err)
	}
	return newPodOf(t, binary, dialect, settings...)
}

// quickBinary is the program as people run it, built once and left for the end of
// the tests to remove.
var quickBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "podmove-program-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "podmove")
	build := exec.Command("go", "build", "-o", binary, ".") // as make check has built it, and cached
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build the program: %w: %s", err, said)
	}
	programDir = dir
	return binary, err
})

// programDir is where quickBinary was built; empty if it was not.
var programDir string

func newPodOf(t *testing.T, binary, dialect string, settings ...string) *testPod {
	t.Helper()
	if dialect == storetest.Postgres {
		return newPodOn(t, binary, storetest.PostgresURL(t), settings...)
	}
	p := newPodOn(t, binary, "", settings...)
	storetest.SQLiteIn(t, p.dir)
	return p
}

// newPodOn prepares a pod on a database that is there; empty is SQLite.
func newPodOn(t *testing.T, binary, database string, settings ...string) *testPod {
	t.Helper()
	p := &testPod{dir: t.TempDir(), database: database, log: &journal{}}
	settings = append([]string{"PODMOVE_LOG_LEVEL=debug", "PODMOVE_LIMIT_SIGN_UP=0"}, settings...)
	var err error
	p.Process, err = demo.NewProcess(binary, p.dir, p.database, settings, p.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(t) })
	return p
}

// end kills the pod, and looks whether it had anything to be ashamed of.
func (p *testPod) end(t *testing.T) {
	_ = p.Kill() // it may have ended long ago
	if p.db != nil {
		_ = p.db.Close()
	}
	said := p.log.String()
	if strings.Contains(said, "DATA RACE") || strings.Contains(said, "panic") {
		t.Errorf("the pod at %s logged:\n%s", p.URL, said)
	} else if t.Failed() {
		t.Logf("the pod at %s logged:\n%s", p.URL, withoutDebug(said))
	}
}

// start starts pods that were prepared.
func start(t *testing.T, pods ...*testPod) {
	t.Helper()
	for _, p := range pods {
		if err := p.Start(t.Context()); err != nil {
			t.Fatalf("%v: %s", err, p.log)
		}
	}
}

// execute runs a command on the pod's data and answers what it printed.
func (p *testPod) execute(t *testing.T, input string, args ...string) string {
	t.Helper()
	args = append(args, "--data", p.dir, "--database", p.database)
	out, err := execute(t.Context(), input, args...)
	if err != nil {
		t.Fatalf("podmove %s: %v: %s", args[0], err, out)
	}
	return out
}

// addAccount adds an account with the demo's password.
func (p *testPod) addAccount(t *testing.T, name string, more ...string) {
	t.Helper()
	args := []string{"account", "add", name, "--email", name + "@mail.example", "--password-stdin"}
	p.execute(t, demo.Password+"\n", append(args, more...)...)
}

// fill adds an account with some posts and nothing else.
func (p *testPod) fill(t *testing.T, name string, posts int) {
	t.Helper()
	p.addAccount(t, name)
	archive := filepath.Join(t.TempDir(), "account.json")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := sample.Big(f, name+"@old.example", posts, 1); err != nil {
		t.Fatal(err)
	}
	p.execute(t, "", "import", "--account", name, archive)
}

// A journal is what a pod logs.
type journal struct {
	mutex sync.Mutex
	text  strings.Builder
}

// Write is io.Writer.
func (j *journal) Write(line []byte) (int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.text.Write(line)
}

// String is everything so far.
func (j *journal) String() string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.text.String()
}

// logs waits until the pod has logged something: the pod writes a line before it
// answers, and the test may read it afterwards.
func (p *testPod) logs(t *testing.T, what string) {
	t.Helper()
	for range 300 {
		if strings.Contains(p.log.String(), what) {
			return
		}
		pause(t)
	}
	t.Fatalf("it does not log %q: %s", what, withoutDebug(p.log.String()))
}

// withoutDebug leaves out what only the search for secrets reads.
func withoutDebug(log string) string {
	var kept []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "level=DEBUG") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
