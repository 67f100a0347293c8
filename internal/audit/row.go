package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// A Row is a record in its place in the chain.
type Row struct {
	Number  int64
	At      time.Time // to the millisecond, in UTC
	Account string
	Actor   string
	Kind    Kind
	Subject string
	Detail  string // JSON, or empty
	Prev    string
	Hash    string
}

// sum is what the row's hash must be; see the package's comment.
func (r Row) sum() string {
	hash := sha256.New()
	for _, field := range []string{
		r.Prev, strconv.FormatInt(r.Number, 10), strconv.FormatInt(r.At.UnixMilli(), 10),
		r.Account, r.Actor, string(r.Kind), r.Subject, r.Detail,
	} {
		hash.Write([]byte(strconv.Itoa(len(field)) + ":" + field + ","))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// A Head is the end of a chain: the number and the hash of its last row.
type Head struct {
	Number int64
	Hash   string
}

// start is the head of a chain without rows.
var start = Head{0, strings.Repeat("0", 2*sha256.Size)}

// String is how a head is noted and told: NUMBER:HASH.
func (h Head) String() string { return strconv.FormatInt(h.Number, 10) + ":" + h.Hash }

// ParseHead reads what String wrote.
func ParseHead(text string) (Head, bool) {
	number, sum, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), ":")
	n, err := strconv.ParseInt(number, 10, 64)
	raw, malformed := hex.DecodeString(sum)
	return Head{n, sum}, err == nil && n >= 0 && malformed == nil && len(raw) == sha256.Size
}

// An Entry is a record of which it is known who made it, but not its place.
type Entry struct{ row Row }

// Entry is the record as who acts under the context made it.
func (r Record) Entry(ctx context.Context) Entry { return Entry{r.row(ctx)} }

// Chain puts entries behind a head, and answers their rows and the new head.
func Chain(head Head, at time.Time, entries []Entry) ([]Row, Head) {
	rows := make([]Row, len(entries))
	for i, e := range entries {
		r := e.row
		r.Number, r.At, r.Prev = head.Number+1, at.UTC().Truncate(time.Millisecond), head.Hash
		r.Hash = r.sum()
		head = Head{r.Number, r.Hash}
		rows[i] = r
	}
	return rows, head
}
