package archive

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"podmove/transfer"
)

// parse reads the JSON of one item into v. encoding/json would put U+FFFD for
// what is not UTF-8 and for half of a surrogate pair, and would let NUL pass,
// so the text is looked at as well (Protocol §3.3). What can be read is in v
// even after an error.
func parse(raw []byte, v any) error {
	err := json.Unmarshal(raw, v)
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 || !soundEscapes(raw) {
		return transfer.Errorf(transfer.TextInvalid, "the text holds a character that cannot travel (NUL or half of a surrogate pair)")
	}
	if err != nil {
		return transfer.Errorf(transfer.ItemInvalid, "the item is not of the shape that archives have").Because(err)
	}
	return nil
}

// soundEscapes reports whether no \u escape in raw is NUL or half of a
// surrogate pair.
func soundEscapes(raw []byte) bool {
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 || at+1 >= len(raw) {
			return true
		}
		raw = raw[at:]
		if raw[1] != 'u' {
			raw = raw[2:]
			continue
		}
		switch unit := escaped(raw); {
		case unit == 0, unit >= 0xdc00 && unit < 0xe000:
			return false
		case unit >= 0xd800 && unit < 0xdc00:
			if low := escaped(raw[6:]); low < 0xdc00 || low >= 0xe000 {
				return false
			}
			raw = raw[12:]
		default:
			raw = raw[2:]
		}
	}
}

// escaped is the number of the \uxxxx that raw begins with, -1 if it does not.
func escaped(raw []byte) int {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
