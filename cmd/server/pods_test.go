package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"podmove/internal/demo"
)

var (
	aPod   = regexp.MustCompile(`the (?:old|new) pod +(http://\S+)`)
	signIn = regexp.MustCompile(`sign in as (\S+) with the password: (.+)\n`)
	keptIn = regexp.MustCompile(`their log in (\S+)\.\n`)
)

func TestPods(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var out journal
	cmd := exec.CommandContext(ctx, os.Args[0], "pods")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !keptIn.MatchString(out.String()) {
		if ctx.Err() != nil {
			t.Fatalf("it says only %s", out.String())
		}
		pause(t)
	}
	t.Run("are both up", func(t *testing.T) {
		pods := aPod.FindAllStringSubmatch(out.String(), -1)
		if len(pods) != 2 || pods[0][1] == pods[1][1] {
			t.Fatalf("%s", out.String())
		}
		for _, pod := range pods {
			resp, err := http.Get(pod[1])
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", pod[1], resp.StatusCode)
			}
		}
	})
	t.Run("let people in as they say", func(t *testing.T) {
		said := signIn.FindStringSubmatch(out.String())
		if len(said) != 3 {
			t.Fatalf("%s", out.String())
		}
		old := aPod.FindStringSubmatch(out.String())[1]
		page, err := demo.NewBrowser().Open(ctx, old+"/sign-in?next=/settings")
		if err != nil {
			t.Fatal(err)
		}
		page, err = page.Fill(ctx, "/sign-in", map[string]string{"username": said[1], "password": said[2]})
		if err != nil {
			t.Fatal(err)
		}
		says(t, page, said[1]+"@")
	})
	t.Run("end when they are told to, and leave nothing behind", func(t *testing.T) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, out.String())
		}
		dir := keptIn.FindStringSubmatch(out.String())[1]
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", dir, err)
		}
	})
}
