package demo

import (
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	t.Parallel()
	draw := func(terminal bool) string {
		var out strings.Builder
		b := bar{out: &out, terminal: terminal}
		for i := range int64(301) {
			b.draw("posts", i, 300)
		}
		b.end()
		return out.String()
	}
	t.Run("in a pipe it is a line for each quarter", func(t *testing.T) {
		t.Parallel()
		if got := strings.Count(draw(false), "\n"); got != 5 {
			t.Errorf("%d lines, want 5", got)
		}
	})
	t.Run("on a terminal it grows on one line, and is drawn only when it looks different", func(t *testing.T) {
		t.Parallel()
		got := draw(true)
		if strings.Count(got, "\n") != 1 || strings.Count(got, "\r") != barWidth+1 {
			t.Errorf("drawn %d times on %d lines", strings.Count(got, "\r"), strings.Count(got, "\n"))
		}
		if !strings.Contains(got, "] 300 of 300 posts") {
			t.Error("the end is not drawn")
		}
	})
	t.Run("nothing to do is no division by zero", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		b := bar{out: &out}
		b.draw("posts", 0, 0)
		if !strings.Contains(out.String(), "0 of 0") {
			t.Errorf("drew %q", out.String())
		}
	})
}
