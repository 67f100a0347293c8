// Command server is podmove: a small complete pod, which people can move their
// account to and from while it runs.
//
// It knows every room and wires them together; it refuses to decide anything
// that a room could.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"podmove/internal/config"
	"podmove/web"
)

// commands are what can be typed after podmove.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run a pod."`
	Account   accountCommand   `cmd:"" help:"Accounts of a pod."`
	Audit     auditCommand     `cmd:"" help:"The log of what was done on a pod."`
	Backup    backupCommand    `cmd:"" help:"Back up a pod, which may go on serving."`
	Restore   restoreCommand   `cmd:"" help:"Restore a pod from a backup."`
	Import    importCommand    `cmd:"" help:"Read a diaspora* archive into an account."`
	Preflight preflightCommand `cmd:"" help:"Look whether an account can come here, before anybody agrees."`
	Keys      keysCommand      `cmd:"" help:"Keys and secrets of a pod."`
	Demo      demoCommand      `cmd:"" help:"Move a sample account between two pods on this machine."`
	Pods      podsCommand      `cmd:"" help:"Run two pods on this machine to try a move by hand, until Ctrl-C."`
}

// surroundings are what a command may touch beside its arguments.
type surroundings struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	now func() time.Time // the clock of a pod that serves
}

func main() { begin(time.Now) }

// begin runs the command that the process was started with.
func begin(now func() time.Time) {
	web.Quiet()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], surroundings{os.Stdin, os.Stdout, os.Stderr, now})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "podmove:", err)
		os.Exit(1)
	}
}

// run is the program as a value: tests call it as main does.
func run(ctx context.Context, args []string, s surroundings) error {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("podmove"),
		kong.Description("Move an account between social pods while both are up."),
		kong.Configuration(config.File),
		kong.Writers(s.out, s.err),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}
