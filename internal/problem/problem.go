package problem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
)

// ContentType is the media type of a problem document (RFC 9457 §3).
const ContentType = "application/problem+json"

// ErrUnreadable is what reading ends with that finds no problem document within
// its bounds.
var ErrUnreadable = errors.New("this is no problem document that can be read")

// Problem is one problem document.
type Problem struct {
	Type     string // a URI such as "urn:podmove:problem:changed-since"; empty is "about:blank"
	Title    string // what every problem of this type has in common, for people
	Status   int    // the status of the HTTP answer
	Detail   string // what happened this time, what was kept and what to do, for people
	Instance string // a URI that names this occurrence, or empty
	// Extensions are further members, such as "guids". They may not have the
	// names of the five above (RFC 9457 §3.2).
	Extensions map[string]any
}

const typePrefix = "urn:podmove:problem:"

// TypeOf is the Type of an error code: TypeOf("changed-since") is
// "urn:podmove:problem:changed-since".
func TypeOf(code string) string { return typePrefix + code }

// CodeOf is the error code in a Type, or empty for a type of somebody else's.
func CodeOf(typ string) string {
	code, ours := strings.CutPrefix(typ, typePrefix)
	if !ours {
		return ""
	}
	return code
}

// Error is error, so that a problem that was read can be returned as it is.
func (p Problem) Error() string {
	for _, s := range []string{p.Detail, p.Title, p.Type} {
		if s != "" {
			return s
		}
	}
	return fmt.Sprintf("%d %s", p.Status, http.StatusText(p.Status))
}

// MarshalJSON writes the members that are set. Text is written as it is: <, >
// and & stand for themselves.
func (p Problem) MarshalJSON() ([]byte, error) {
	members := maps.Clone(p.Extensions)
	if members == nil {
		members = map[string]any{}
	}
	for name, value := range map[string]string{
		"type": p.Type, "title": p.Title, "detail": p.Detail, "instance": p.Instance,
	} {
		delete(members, name)
		if value != "" {
			members[name] = value
		}
	}
	delete(members, "status")
	if p.Status != 0 {
		members["status"] = p.Status
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads a document. RFC 9457 §3.1: a member whose value is of the
// wrong type is passed over, as if it were absent.
func (p *Problem) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if members == nil {
		return errors.New("it is no object")
	}
	*p = Problem{}
	take := func(name string, into any) {
		_ = json.Unmarshal(members[name], into)
		delete(members, name)
	}
	take("type", &p.Type)
	take("title", &p.Title)
	take("status", &p.Status)
	take("detail", &p.Detail)
	take("instance", &p.Instance)
	for name, raw := range members {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
		if p.Extensions == nil {
			p.Extensions = map[string]any{}
		}
		p.Extensions[name] = value
	}
	return nil
}

// Write answers with the problem. It is never cached. A status that is none is
// written as 500.
func Write(w http.ResponseWriter, p Problem) error {
	if p.Status < 400 || p.Status > 599 {
		p.Status = http.StatusInternalServerError
	}
	body, err := p.MarshalJSON()
	if err != nil {
		return fmt.Errorf("writing a problem: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", ContentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, err = w.Write(body)
	return err
}

// Read reads a problem document of at most max bytes. What cannot be read, and
// what is larger, is ErrUnreadable.
func Read(r io.Reader, max int64) (Problem, error) {
	data, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return Problem{}, err
	}
	if int64(len(data)) > max {
		return Problem{}, fmt.Errorf("%w: it is larger than %d bytes", ErrUnreadable, max)
	}
	var p Problem
	if err := json.Unmarshal(data, &p); err != nil {
		return Problem{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return p, nil
}
