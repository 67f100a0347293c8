package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// A dump is a sequence of JSON values, one a line: for each table an object, its
// head, and below it an array for each row. Integers are numbers, truths are
// true and false, text is a string, bytes are {"bytes":base64}. Text that JSON
// cannot hold, as it is not UTF-8, is {"text":base64}.
type dumpHead struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Last    int64    `json:"last,omitempty"` // the last id that was given out
}

// encoded is what JSON has no form for.
type encoded struct {
	Bytes *[]byte `json:"bytes,omitempty"`
	Text  *[]byte `json:"text,omitempty"`
}

func (h dumpHead) write(w io.Writer) error {
	line, err := json.Marshal(h)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	return err
}

func writeDumpRow(w io.Writer, values []any) (err error) {
	line := []byte{'['}
	for i, v := range values {
		if i > 0 {
			line = append(line, ',')
		}
		if line, err = appendDumped(line, v); err != nil {
			return err
		}
	}
	_, err = w.Write(append(line, "]\n"...))
	return err
}

func appendDumped(line []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(line, "null"...), nil
	case bool:
		return strconv.AppendBool(line, v), nil
	case int64:
		return strconv.AppendInt(line, v, 10), nil
	case time.Time:
		return strconv.AppendInt(line, v.UnixMilli(), 10), nil
	case []byte:
		return appendEncoded(line, "bytes", v), nil
	case string:
		if !utf8.ValidString(v) {
			return appendEncoded(line, "text", []byte(v)), nil
		}
		text, err := json.Marshal(v)
		return append(line, text...), err
	}
	return line, fmt.Errorf("store: a dump has no form for a %T", v)
}

func appendEncoded(line []byte, form string, v []byte) []byte {
	line = append(line, `{"`+form+`":"`...)
	return append(base64.StdEncoding.AppendEncode(line, v), `"}`...)
}

// readDump gives heads and rows in turn until the end, or until one of the two
// functions fails.
func readDump(r io.Reader, head func(dumpHead) error, row func([]any) error) error {
	dec := json.NewDecoder(r)
	columns := 0
	for {
		var value json.RawMessage
		if err := dec.Decode(&value); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("store: this is no dump: %w", err)
		}
		if value[0] == '{' {
			var h dumpHead
			if err := json.Unmarshal(value, &h); err != nil {
				return fmt.Errorf("store: a table's head in a dump: %w", err)
			}
			columns = len(h.Columns)
			if err := head(h); err != nil {
				return err
			}
			continue
		}
		values, err := dumpedRow(value)
		if err == nil && len(values) != columns {
			err = fmt.Errorf("store: a row of a dump has %d values for %d columns", len(values), columns)
		}
		if err == nil {
			err = row(values)
		}
		if err != nil {
			return err
		}
	}
}

func dumpedRow(line []byte) ([]any, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(line, &parts); err != nil {
		return nil, fmt.Errorf("store: a row of a dump: %w", err)
	}
	values := make([]any, len(parts))
	for i, part := range parts {
		var err error
		if values[i], err = dumpedValue(part); err != nil {
			return nil, fmt.Errorf("store: a row of a dump: %w", err)
		}
	}
	return values, nil
}

func dumpedValue(part []byte) (any, error) {
	switch {
	case bytes.Equal(part, []byte("null")):
		return nil, nil
	case part[0] == '"':
		var text string
		err := json.Unmarshal(part, &text)
		return text, err
	case part[0] == '{':
		var e encoded
		err := json.Unmarshal(part, &e)
		switch {
		case err != nil:
			return nil, err
		case e.Bytes != nil:
			return *e.Bytes, nil
		case e.Text != nil:
			return string(*e.Text), nil
		}
	case bytes.Equal(part, []byte("true")), bytes.Equal(part, []byte("false")):
		return part[0] == 't', nil
	}
	return strconv.ParseInt(string(part), 10, 64)
}
