package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNotInstalled = errors.New("storetest: PostgreSQL is not installed")

// watch runs PostgreSQL until standard input ends, which it does when the test
// binary that holds the other end is gone, and then removes every trace.
const watch = `
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" \
	-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
	-c max_connections=200 -c shared_buffers=32MB >"$2/log" 2>&1 &
read -r _
kill -QUIT $!
wait $!
rm -rf "$2"
`

// startCluster starts a PostgreSQL server that only this test binary uses. It
// returns the URL of its superuser and the lifeline: the server runs until that
// is closed, by the garbage collector as well as on purpose.
func startCluster() (admin string, lifeline io.Closer, err error) {
	bin, err := programs()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "podmove-pg-")
	if err != nil {
		return "", nil, err
	}
	if lifeline, err = runCluster(bin, dir); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	query := url.Values{"host": {dir}, "user": {"postgres"}}
	admin = "postgres:///postgres?" + query.Encode()
	return admin, lifeline, ready(admin, dir)
}

func runCluster(bin, dir string) (io.Closer, error) {
	who, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	initdb := command(who, dir, filepath.Join(bin, "initdb"), "--pgdata="+dir+"/data",
		"--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	watcher := command(who, dir, "/bin/sh", "-c", watch, "watch", bin, dir)
	lifeline, err := watcher.StdinPipe()
	if err != nil {
		return nil, err
	}
	return lifeline, watcher.Start()
}

// programs finds the directory of PostgreSQL's server programs: beside initdb on
// the PATH, or where Debian puts the newest version.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNotInstalled
	}
	return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
}

func byVersion(a, b string) int { return version(a) - version(b) }

func version(path string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return v
}

// unprivileged names a user who may run PostgreSQL, which refuses to run as
// root, and gives that user the directory. Nil means the present user.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

// command runs in a process group of its own, so that an interrupt from the
// keyboard reaches only the test binary.
func command(who *syscall.Credential, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	return cmd
}

// ready waits until the server answers.
func ready(admin, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, admin)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("storetest: PostgreSQL did not start: %w\n%s", err, log)
		}
	}
}
