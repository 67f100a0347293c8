package transfer

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// Bounds of a page that both sides keep (Protocol §4.5).
const (
	MaxPageBytes = 5 << 20
	MaxPageItems = 1000
)

// A Cursor is where a reader stands in a collection. Only the source can read
// it; to everyone else it is a string of at most 512 characters. Empty means
// the beginning.
type Cursor string

// A Page is some entries of one collection in the order of their last change,
// with the cursor after them.
type Page struct {
	Transfer   string // transfer id
	Nonce      string // transfer nonce, chosen by the client (Protocol §4.3)
	Collection Collection
	After      Cursor // what was asked for; not on the wire
	Next       Cursor
	Through    int64 // rises from page to page (Protocol §4.2)
	CaughtUp   bool  // nothing more for now
	Entries    []Entry
}

// pageHead and pageTail frame the entries, which are written as they are.
type pageHead struct {
	CaughtUp   bool       `json:"caught_up"`
	Collection Collection `json:"collection"`
	Next       Cursor     `json:"next"`
	Nonce      string     `json:"nonce"`
	Through    int64      `json:"through"`
	Transfer   string     `json:"transfer"`
}

type wireEntry struct {
	Deleted    bool            `json:"deleted,omitempty"`
	Digest     Digest          `json:"digest,omitempty"`
	GUID       string          `json:"guid"`
	Item       json.RawMessage `json:"item,omitempty"`
	Unsendable Code            `json:"unsendable,omitempty"`
}

// WritePage writes p as JSON around the items' own bytes: encoding/json would
// escape <, >, &, U+2028 and U+2029 in them and break their digests.
func WritePage(w io.Writer, p Page) error {
	head, err := json.Marshal(pageHead{p.CaughtUp, p.Collection, p.Next, p.Nonce, p.Through, p.Transfer})
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	out.Write(head[:len(head)-1]) // errors of a bufio.Writer stick until Flush
	out.WriteString(`,"entries":[`)
	for i, e := range p.Entries {
		if i > 0 {
			out.WriteString(",\n")
		}
		if err := writeEntry(out, e); err != nil {
			return err
		}
	}
	out.WriteString("]}\n")
	return out.Flush()
}

func writeEntry(out *bufio.Writer, e Entry) error {
	line, err := json.Marshal(wireEntry{Deleted: e.Deleted, Digest: e.Digest, GUID: e.GUID, Unsendable: e.Unsendable})
	if err != nil || len(e.Item) == 0 {
		out.Write(line)
		return err
	}
	out.Write(line[:len(line)-1])
	out.WriteString(`,"item":`)
	out.Write(e.Item)
	out.WriteByte('}')
	return nil
}

// ReadPage reads a page from a stranger: at most MaxPageBytes and MaxPageItems,
// every entry by the rules of the wire, no guid twice.
func ReadPage(r io.Reader) (Page, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxPageBytes+1))
	if err != nil {
		return Page{}, Errorf(PodUnreachable, "the answer broke off").Because(err)
	}
	if len(raw) > MaxPageBytes {
		return Page{}, Errorf(AnswerInvalid, "a page is larger than %d bytes", MaxPageBytes)
	}
	// An array takes no more than it has room for; a slice would grow to half a
	// gigabyte over a page that is full of {}.
	var wire struct {
		pageHead
		Entries [MaxPageItems + 1]*wireEntry `json:"entries"`
	}
	if err := json.Unmarshal(raw, &wire); err != nil {
		return Page{}, Errorf(AnswerInvalid, "a page is not JSON of the agreed shape").Because(err)
	}
	p := Page{
		Transfer: wire.Transfer, Nonce: wire.Nonce, Collection: wire.Collection,
		Next: wire.Next, Through: wire.Through, CaughtUp: wire.CaughtUp,
		Entries: []Entry{},
	}
	for _, e := range wire.Entries {
		if e == nil {
			break
		}
		p.Entries = append(p.Entries, Entry{GUID: e.GUID, Digest: e.Digest, Deleted: e.Deleted, Unsendable: e.Unsendable, Item: e.Item})
	}
	return p, p.check()
}

func (p Page) check() error {
	if len(p.Entries) > MaxPageItems || len(p.Next) > 512 || strings.ContainsRune(string(p.Next), 0) {
		return Errorf(AnswerInvalid, "a page has too many entries or too long a cursor")
	}
	seen := make(map[string]bool, len(p.Entries))
	for _, e := range p.Entries {
		if err := e.CheckWire(); err != nil {
			return err
		}
		if seen[e.GUID] {
			return Errorf(AnswerInvalid, "a page names %.80q twice", e.GUID)
		}
		seen[e.GUID] = true
	}
	return nil
}
