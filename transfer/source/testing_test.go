package source_test

import (
	"bytes"
	"io"
	"testing"

	"podmove/transfer"
)

// must fails the test on an error: must(f())(t).
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want checks the code of an error; the empty code is no error.
func want(t testing.TB, err error, code transfer.Code) {
	t.Helper()
	if got := transfer.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

func bytesFrom(b []byte, from int64) io.Reader { return bytes.NewReader(b[from:]) }
