// Command testrun runs "go test" with the arguments given and says at the end
// how many tests passed, failed and were skipped. What go test prints stays as
// it is, less the tests that passed. Under CI=true a test that was skipped counts
// as failed: a machine that lacks something must not look like one that passed.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	failed, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

func run(args []string) (failed bool, err error) {
	command := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := command.Start(); err != nil {
		return false, err
	}
	r := newReport(os.Stdout)
	readErr := r.read(output)
	// How go test ended is in its output too, but for a crash of its own.
	waitErr := command.Wait()
	failed = r.close(os.Getenv("CI") == "true") || waitErr != nil
	return failed, readErr
}
