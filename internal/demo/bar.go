package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// A bar shows how much of something is done. On a terminal it grows in place;
// in a file or pipe, where nothing can be drawn over, it is a line for each
// quarter.
type bar struct {
	out      io.Writer
	terminal bool
	open     bool // the terminal's line has a bar on it
	last     string
}

// barWidth is how many characters the bar itself takes.
const barWidth = 40

func newBar(out io.Writer) bar { return bar{out: out, terminal: isTerminal(out)} }

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// draw shows done of whole, unless that would look as what was drawn last.
func (b *bar) draw(label string, done, whole int64) {
	steps := int64(barWidth)
	if !b.terminal {
		steps = 4
	}
	step := int64(0)
	if whole > 0 {
		step = min(done*steps/whole, steps)
	}
	look := fmt.Sprint(label, step)
	if look == b.last {
		return
	}
	b.last = look
	filled := int(step * barWidth / steps)
	line := fmt.Sprintf("         [%s%s] %d of %d %s", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, whole, label)
	if !b.terminal {
		fmt.Fprintln(b.out, line)
		return
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s", line)
	b.open = true
}

// end leaves the bar's line to what comes next.
func (b *bar) end() {
	if b.open {
		fmt.Fprintln(b.out)
	}
	b.open = false
}
