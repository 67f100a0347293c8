package transfer

import (
	"bytes"
	"encoding/json"
)

// Canonical writes v as RFC 8785 canonical JSON, for the subset that items use
// (Protocol §3.2): strings, booleans, integers, arrays, and structs whose
// fields stand in the order of their ASCII names. Text is checked before, by
// [Item.Check]: encoding/json would replace what is not UTF-8 without a word.
func Canonical(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	raw := unescapeSeparators(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
	if err := CheckCanonical(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// unescapeSeparators undoes the one escape that encoding/json insists on and
// RFC 8785 §3.2.2.2 forbids: U+2028 and U+2029 stand for themselves.
func unescapeSeparators(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u202`)) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		switch rest := raw[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out, i = append(out, "\u2028"...), i+5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out, i = append(out, "\u2029"...), i+5
		default: // an escape and what it escapes, "\\" among them, stay together
			out, i = append(out, rest[0], rest[1]), i+1
		}
	}
	return out
}
