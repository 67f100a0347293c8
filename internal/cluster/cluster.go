package cluster

import (
	"bytes"
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

// ErrNotInstalled means that there are no PostgreSQL server programs.
var ErrNotInstalled = errors.New("PostgreSQL is not installed; on Debian or Ubuntu: apt-get install postgresql")

// watch makes a cluster in directory $2 with the programs of directory $1, and
// runs it until standard input ends. That happens when the process that
// holds the other end is gone. Then it removes every trace. A line of input is a
// signal to end the server with, and it is started again.
const watch = `
trap '' INT TERM HUP PIPE
trap 'rm -rf "$2"' EXIT
"$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale \
	--no-sync --no-instructions >"$2/log" 2>&1 || { cat "$2/log" >&2; exit 1; }
serve() {
	"$1/postgres" -D "$2/data" -k "$2" \
		-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
		-c max_connections=500 -c shared_buffers=32MB -c max_wal_size=128MB >>"$2/log" 2>&1 &
}
serve "$@"
while read -r signal; do
	kill "-$signal" $!
	wait $!
	serve "$@"
done
kill -QUIT $!
wait $!
`

// A Cluster is a running PostgreSQL server that one process uses.
type Cluster struct {
	// Admin is the URL of the superuser on the database "postgres".
	Admin    string
	lifeline io.WriteCloser
}

// Start makes a server with an empty cluster in a temporary directory. It runs
// until Close, or until this process is gone.
func Start() (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "podmove-pg-")
	if err != nil {
		return nil, err
	}
	watcher, err := watcherOf(bin, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	lifeline, err := watcher.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	query := url.Values{"host": {dir}, "user": {"postgres"}}
	c := &Cluster{"postgres:///postgres?" + query.Encode(), lifeline}
	return c, start(watcher, c.Admin)
}

// Restart ends the server and starts it again. At once is without a last word to
// anybody, as in a crash (pg_ctl restart -m immediate); else transactions that are
// open are rolled back first (-m fast).
func (c *Cluster) Restart(ctx context.Context, atOnce bool) error {
	before, err := c.started(ctx)
	if err != nil {
		return err
	}
	signal := "INT"
	if atOnce {
		signal = "QUIT"
	}
	if _, err := io.WriteString(c.lifeline, signal+"\n"); err != nil {
		return err
	}
	for {
		if now, err := c.started(ctx); err == nil && now.After(before) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// started is when the server was started.
func (c *Cluster) started(ctx context.Context) (at time.Time, err error) {
	conn, err := pgx.Connect(ctx, c.Admin)
	if err != nil {
		return at, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return at, conn.QueryRow(ctx, "SELECT pg_postmaster_start_time()").Scan(&at)
}

// Close ends the server and removes its directory.
func (c *Cluster) Close() error { return c.lifeline.Close() }

// Tell runs a statement as the superuser.
func (c *Cluster) Tell(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.Admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Database makes an empty database and answers its URL.
func (c *Cluster) Database(ctx context.Context, name string) (string, error) {
	if err := c.Tell(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", err
	}
	u, err := url.Parse(c.Admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
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
		return "", ErrNotInstalled
	}
	return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
}

func byVersion(a, b string) int { return version(a) - version(b) }

func version(path string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return v
}

// watcherOf is the command that watches over a cluster in dir. It runs in a
// process group of its own, so that an interrupt from the keyboard reaches only
// its owner, and as another user when the present one is root, as which
// PostgreSQL refuses to run.
func watcherOf(bin, dir string) (*exec.Cmd, error) {
	cmd := exec.Command("/bin/sh", "-c", watch, "watch", bin, dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return cmd, nil
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr.Credential = who
	return cmd, os.Chown(dir, int(who.Uid), int(who.Gid))
}

func unprivileged() (*syscall.Credential, error) {
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
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// start starts the watcher and waits until its server answers.
func start(watcher *exec.Cmd, admin string) error {
	var said bytes.Buffer
	watcher.Stderr = &said
	if err := watcher.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- watcher.Wait() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, admin)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case end := <-ended:
			return fmt.Errorf("cluster: PostgreSQL ended: %w: %s", end, said.Bytes())
		case <-ctx.Done():
			return fmt.Errorf("cluster: PostgreSQL does not answer: %w", err)
		}
	}
}
