package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/web"
)

// asProgram, set in the environment, makes the test binary the program itself:
// the pods of these tests are processes that can be killed, and that the race
// detector watches too.
const asProgram = "PODMOVE_TEST_AS_PROGRAM"

// testClock, set beside it, is how far the program's clock is off: "-4m50s".
const testClock = "PODMOVE_TEST_CLOCK"

// askew is a clock that is off.
func askew(by string) func() time.Time {
	if by == "" {
		return time.Now
	}
	off, err := time.ParseDuration(by)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return time.Now().Add(off) }
}

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		begin(askew(os.Getenv(testClock)))
		return
	}
	web.Quiet()
	// The tests wait for other processes much of the time. -parallel on the
	// command line wins.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	code := m.Run()
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
	os.Exit(code)
}

// execute runs a command in this process and answers what it printed.
func execute(ctx context.Context, input string, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(ctx, args, surroundings{strings.NewReader(input), &out, &out, time.Now})
	return out.String(), err
}

// each runs body as parallel sub-tests, one for each kind of database.
func each(t *testing.T, body func(t *testing.T, dialect string)) {
	t.Helper()
	t.Parallel()
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			body(t, dialect)
		})
	}
}

// shared is every other one of a list, on one kind of database these and on the
// other those: for what another pod or another tab does, which has little to do with
// the database. The long form of the tests does all of it on both.
func shared[T any](dialect string, list []T) (some []T) {
	if os.Getenv(chaosRounds) != "" {
		return list
	}
	kinds := storetest.Dialects()
	for i := slices.Index(kinds, dialect); i < len(list); i += len(kinds) {
		some = append(some, list[i])
	}
	return some
}

// pause is how long a test waits before it looks again.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	case <-time.After(200 * time.Millisecond):
	}
}
