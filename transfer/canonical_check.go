package transfer

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Bounds of one item's JSON.
const (
	maxDepth   = 16
	maxInteger = 1 << 53 // Protocol §3.2: beyond it an integer is a string
)

// CheckCanonical refuses, as NotCanonical, bytes that are not the RFC 8785
// form of an item: another spelling of the same value, duplicate or unsorted
// keys, floats, null, NUL, lone surrogates, or nesting beyond 16. It is one
// pass over the bytes and allocates nothing.
func CheckCanonical(raw []byte) error {
	c := canonicalChecker{rest: raw}
	if !c.object(0) || len(c.rest) != 0 {
		return Errorf(NotCanonical, "the item is not canonical JSON (RFC 8785) at byte %d", len(raw)-len(c.rest))
	}
	return nil
}

// A canonicalChecker consumes rest from the front; each method reports whether
// what stood there was canonical.
type canonicalChecker struct{ rest []byte }

func (c *canonicalChecker) take(b byte) bool {
	if len(c.rest) == 0 || c.rest[0] != b {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func (c *canonicalChecker) word(s string) bool {
	rest, ok := bytes.CutPrefix(c.rest, []byte(s))
	c.rest = rest
	return ok
}

func (c *canonicalChecker) value(depth int) bool {
	if len(c.rest) == 0 || depth > maxDepth {
		return false
	}
	switch b := c.rest[0]; {
	case b == '{':
		return c.object(depth)
	case b == '[':
		return c.array(depth)
	case b == '"':
		return c.text()
	case b == 't':
		return c.word("true")
	case b == 'f':
		return c.word("false")
	default:
		return c.integer()
	}
}

// object wants keys in strictly rising order (RFC 8785 §3.2.3), which rules
// out duplicates; keys are plain ASCII, so bytes sort as UTF-16 units do.
func (c *canonicalChecker) object(depth int) bool {
	if !c.take('{') {
		return false
	}
	if c.take('}') {
		return true
	}
	var last []byte
	for {
		key, ok := c.key()
		if !ok || (last != nil && bytes.Compare(last, key) >= 0) {
			return false
		}
		last = key
		if !c.take(':') || !c.value(depth+1) {
			return false
		}
		if !c.take(',') {
			return c.take('}')
		}
	}
}

func (c *canonicalChecker) key() ([]byte, bool) {
	start := c.rest
	if !c.text() {
		return nil, false
	}
	key := start[1 : len(start)-len(c.rest)-1]
	for _, b := range key {
		if b >= utf8.RuneSelf || b == '\\' {
			return nil, false
		}
	}
	return key, true
}

func (c *canonicalChecker) array(depth int) bool {
	if !c.take('[') {
		return false
	}
	if c.take(']') {
		return true
	}
	for {
		if !c.value(depth + 1) {
			return false
		}
		if !c.take(',') {
			return c.take(']')
		}
	}
}

// text wants the one spelling of a string (RFC 8785 §3.2.2.2). An escaped
// surrogate is never that spelling, and a raw one is never UTF-8.
func (c *canonicalChecker) text() bool {
	if !c.take('"') {
		return false
	}
	for at := 0; at < len(c.rest); {
		switch b := c.rest[at]; {
		case b == '"':
			c.rest = c.rest[at+1:]
			return true
		case b == '\\':
			c.rest, at = c.rest[at:], 0
			if !c.escape() {
				return false
			}
		case b < 0x20:
			c.rest = c.rest[at:]
			return false
		case b < utf8.RuneSelf:
			at++
		default:
			r, size := utf8.DecodeRune(c.rest[at:])
			if r == utf8.RuneError && size == 1 {
				c.rest = c.rest[at:]
				return false
			}
			at += size
		}
	}
	return false
}

func (c *canonicalChecker) escape() bool {
	if len(c.rest) < 2 {
		return false
	}
	switch c.rest[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		c.rest = c.rest[2:]
		return true
	case 'u':
		return c.control()
	}
	return false
}

// control is \u00xx for a control character without a short escape; U+0000 is
// refused although RFC 8785 could write it (Protocol §3.3).
func (c *canonicalChecker) control() bool {
	if len(c.rest) < 6 {
		return false
	}
	n, err := strconv.ParseUint(string(c.rest[2:6]), 16, 16)
	upper := bytes.ContainsAny(c.rest[2:6], "ABCDEF")
	if err != nil || upper || n == 0 || n >= 0x20 || bytes.IndexByte([]byte("\b\t\n\f\r"), byte(n)) >= 0 {
		return false
	}
	c.rest = c.rest[6:]
	return true
}

func (c *canonicalChecker) integer() bool {
	end := 0
	for end < len(c.rest) && (c.rest[end] == '-' || (c.rest[end] >= '0' && c.rest[end] <= '9')) {
		end++
	}
	n, err := strconv.ParseInt(string(c.rest[:end]), 10, 64)
	if err != nil || n > maxInteger || n < -maxInteger || strconv.FormatInt(n, 10) != string(c.rest[:end]) {
		return false
	}
	c.rest = c.rest[end:]
	return true
}
