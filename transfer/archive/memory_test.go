package archive_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

// TestMemory reads an archive of 200 MB in less than 64 MB of memory; a file
// five times as large takes hardly more. The race detector, which is slow, reads 4 MB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads 200 MB")
	}
	file := filepath.Join(t.TempDir(), "account.json")
	writeLarge(t, file, largePosts)
	before := heap()
	r, err := archive.OpenFiles(t.Context(), file, "", archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	highest, posts := heap(), 0
	for after := transfer.Cursor(""); ; {
		p, err := r.Page(t.Context(), transfer.Posts, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if posts += len(p.Entries); posts%(largePosts/5) == 0 {
			highest = max(highest, heap())
		}
		if p.CaughtUp {
			break
		}
		after = p.Next
	}
	if grown := int64(highest) - int64(before); posts != largePosts || grown > 64<<20 {
		t.Errorf("%d posts were read, and the heap grew by %d MB", posts, grown>>20)
	}
}

// heap is how many bytes are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// writeLarge writes an archive of n posts of 2 KB.
func writeLarge(t *testing.T, name string, n int) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	out.WriteString(head + `,"posts":[`) // errors of a bufio.Writer stick until Flush
	for i := range n {
		if i > 0 {
			out.WriteString(",\n")
		}
		out.WriteString(post(fmt.Sprintf("%032x", i), `,"public":true,"text":"`+strings.Repeat("0123456789abcdef", 120)+`"`))
	}
	out.WriteString("]}}")
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// endless is an account of many posts.
type endless struct {
	transfer.Reader
	posts   int
	highest uint64
}

// Page is part of transfer.Reader.
func (e *endless) Page(_ context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	p := transfer.Page{Collection: c, After: after, CaughtUp: true}
	if c != transfer.Posts {
		return p, nil
	}
	text := strings.Repeat("0123456789abcdef", 120)
	for range limit {
		entry, err := transfer.Encode(fmt.Sprintf("%032x", e.posts), transfer.Post{CreatedAt: "2012-03-01T22:48:44.000Z", Public: true, Text: text})
		if err != nil {
			return p, err
		}
		p.Entries = append(p.Entries, entry)
		e.posts--
	}
	if e.posts%5000 == 0 {
		e.highest = max(e.highest, heap())
	}
	p.Next, p.CaughtUp = after+"x", e.posts <= 0
	return p, nil
}

// TestWriteMemory writes 60 MB of posts in less than 8 MB of memory.
func TestWriteMemory(t *testing.T) {
	before := heap()
	r := &endless{Reader: transfertest.NewMemory().Reader("aurora"), posts: 30_000}
	if err := archive.Write(t.Context(), io.Discard, r, accountOf("aurora@old.example")); err != nil {
		t.Fatal(err)
	}
	if grown := int64(r.highest) - int64(before); r.posts != 0 || grown > 8<<20 {
		t.Errorf("%d posts were left, and the heap grew by %d MB", r.posts, grown>>20)
	}
}
