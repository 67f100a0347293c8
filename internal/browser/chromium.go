package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"
)

// errNotInstalled means that there is no Chromium.
var errNotInstalled = errors.New("there is no Chromium; on Debian or Ubuntu: apt-get install chromium")

// watch runs the command that follows it and then removes the directory $0.
// Chromium ends when the pipe between it and its owner does. What it has started
// may write a little longer.
const watch = `
trap '' INT TERM HUP PIPE
trap 'rm -rf "$0" || { sleep 1; rm -rf "$0"; }' EXIT
"$@"
`

// chromium is the browser of this test binary, started when the first test asks
// for it. It is never closed: it ends with this process.
var chromium = sync.OnceValues(func() (context.Context, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "podmove-chromium-")
	if err != nil {
		return nil, err
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), append(flags(), chromedp.ExecPath(program), chromedp.UserDataDir(dir),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.Path = "/bin/sh"
			cmd.Args = append([]string{"sh", "-c", watch, dir, program}, cmd.Args[1:]...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the keyboard reaches only the owner
		}))...)
	browser, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), os.RemoveAll(dir))
	}
	return browser, nil
})

// flags keep Chromium from speaking with anybody of its own accord. Its sandbox
// needs rights that root and containers often lack; the pages are our own.
func flags() []chromedp.ExecAllocatorOption {
	list := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	list = append(list, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("headless", "new"))
	for _, name := range []string{"disable-quic", "disable-component-update", "disable-domain-reliability", "no-pings"} {
		list = append(list, chromedp.Flag(name, true))
	}
	return list
}

// find looks for Chromium under the names that distributions give it.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNotInstalled
}

// patience is how long a page may take to come to what is expected of it, on a
// busy machine: what pods ask each other may take them half a minute by itself.
const patience = time.Minute
