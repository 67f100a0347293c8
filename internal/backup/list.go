package backup

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
)

// A line of the list of photos is what sha256sum -c reads: sum and place.
var listed = regexp.MustCompile(`^([0-9a-f]{64})  photos/[0-9a-f]{2}/([0-9a-f]{64})$`)

func writeLine(w io.Writer, sum string) error {
	_, err := fmt.Fprintf(w, "%s  %s\n", sum, place(sum))
	return err
}

// A list gives the sums of a list, which are in order.
type list struct {
	name string
	scan *bufio.Scanner
	at   string
}

func readList(name string, r io.Reader) *list { return &list{name: name, scan: bufio.NewScanner(r)} }

// next moves on, and says whether there is another one.
func (l *list) next() (bool, error) {
	if !l.scan.Scan() {
		return false, l.scan.Err()
	}
	parts := listed.FindStringSubmatch(l.scan.Text())
	if parts == nil || parts[1] != parts[2] || parts[1] <= l.at {
		return false, damaged(l.name)
	}
	l.at = parts[1]
	return true, nil
}

// holds says whether a sum is on the list. Each must come after the one before,
// so that a list of any length is read once and not kept.
func (l *list) holds(sum string) (bool, error) {
	for l.at < sum {
		if more, err := l.next(); err != nil || !more {
			return false, err
		}
	}
	return l.at == sum, nil
}
