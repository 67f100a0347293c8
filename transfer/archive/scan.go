package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
)

// A scanner walks through JSON of any size. Of each value it keeps as much as
// it is told; encoding/json would read a value whole, however large.
type scanner struct {
	in     *bufio.Reader
	offset int64 // of the next byte
	item   []byte
}

func newScanner(in io.Reader, offset int64) *scanner {
	return &scanner{in: bufio.NewReaderSize(in, 64<<10), offset: offset}
}

// peek is the next byte that is not space, which stays.
func (s *scanner) peek() (byte, error) {
	for {
		b, err := s.in.ReadByte()
		if err != nil {
			return 0, damaged(err)
		}
		if b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			return b, s.in.UnreadByte()
		}
		s.offset++
	}
}

// begin passes over a byte order mark.
func (s *scanner) begin() error {
	head, _ := s.in.Peek(len(mark)) // what is missing is told by who looks for it
	if !bytes.Equal(head, mark) {
		return nil
	}
	s.offset += int64(len(mark))
	_, err := s.in.Discard(len(mark))
	return err
}

// take consumes the next byte that is not space, which must be want.
func (s *scanner) take(want byte) error {
	b, err := s.peek()
	if err != nil {
		return err
	}
	if b != want {
		return invalid("The archive is not JSON: at byte %d stands %q instead of %q.", s.offset, b, want)
	}
	_, err = s.in.ReadByte()
	s.offset++
	return err
}

// more steps to the next of the values between open and end, if there is one.
// Before the first, count is 0.
func (s *scanner) more(count int, open, end byte) (bool, error) {
	if count == 0 {
		if err := s.take(open); err != nil {
			return false, err
		}
	}
	b, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case b == end:
		return false, s.take(end)
	case count == 0:
		return true, nil
	}
	return true, s.take(',')
}

// object calls visit with each name; visit consumes the value.
func (s *scanner) object(visit func(name string) error) error {
	for n := 0; ; n++ {
		more, err := s.more(n, '{', '}')
		if err != nil || !more {
			return err
		}
		if n == members {
			return invalid("The archive has more than %d members side by side, which no account has.", members)
		}
		var name string
		if err := s.decode(&name); err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		if err := visit(name); err != nil {
			return err
		}
	}
}

// members is object, for a value that may be something else, which is passed
// over.
func (s *scanner) members(visit func(name string) error) error {
	b, err := s.peek()
	if err != nil {
		return err
	}
	if b != '{' {
		return s.skip()
	}
	return s.object(visit)
}

// array calls visit before each value; visit consumes it.
func (s *scanner) array(visit func(i int) error) error {
	for i := 0; ; i++ {
		more, err := s.more(i, '[', ']')
		if err != nil || !more {
			return err
		}
		if err := visit(i); err != nil {
			return err
		}
	}
}

// decode reads a small value into v.
func (s *scanner) decode(v any) error {
	at := s.offset
	raw, err := s.value(scalar)
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, v) != nil {
		return invalid("The archive is not JSON of the agreed shape at byte %d.", at)
	}
	return nil
}

func (s *scanner) skip() error {
	_, err := s.value(0)
	return err
}

// value consumes a value and gives its bytes until the next call, nil if they
// are more than limit. Whether they are JSON is for the caller to find out.
func (s *scanner) value(limit int) ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.item = s.item[:0]
	size, text := 0, lexer{}
	for !text.done {
		if _, err := s.in.Peek(1); err != nil {
			return nil, damaged(err)
		}
		chunk, _ := s.in.Peek(s.in.Buffered())
		n := text.feed(chunk)
		if size += n; size <= limit {
			s.item = append(s.item, chunk[:n]...)
		}
		s.offset += int64(n)
		if _, err := s.in.Discard(n); err != nil {
			return nil, damaged(err)
		}
	}
	if size > limit {
		return nil, nil
	}
	return s.item, nil
}

// A lexer finds the end of a value.
type lexer struct {
	depth                 int
	quoted, escaped, done bool
	word                  bool // the value is a number, true, false or null
}

// feed reports how much of chunk belongs to the value.
func (l *lexer) feed(chunk []byte) int {
	for i, b := range chunk {
		switch {
		case l.quoted:
			l.inString(b)
		case b == '"':
			l.quoted = true
		case b == '{' || b == '[':
			l.depth++
		case b == '}' || b == ']':
			if l.depth--; l.depth < 0 { // the end of what is around a word
				l.done = true
				return i
			}
		case l.depth == 0 && (b == ',' || b == ':' || b == ' ' || b == '\n' || b == '\t' || b == '\r'):
			l.done = true
			return i
		default:
			l.word = l.word || l.depth == 0
			continue
		}
		if l.depth == 0 && !l.quoted && !l.word {
			l.done = true
			return i + 1
		}
	}
	return len(chunk)
}

func (l *lexer) inString(b byte) {
	switch {
	case l.escaped:
		l.escaped = false
	case b == '\\':
		l.escaped = true
	case b == '"':
		l.quoted = false
	}
}
