package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"podmove/transfer"
)

// A file is the archive, packed or not: what it is shows in its first bytes,
// not in its name.
type file struct {
	in     *io.SectionReader
	packed bool
	limit  int64 // bytes unpacked
}

// mark is the byte order mark, which some editors put before UTF-8; a reader
// may ignore it (RFC 8259 §8.1).
var mark = []byte("\ufeff")

func newFile(in *io.SectionReader, limit int64) (file, error) {
	head := make([]byte, 512)
	n, err := in.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return file{}, unreadable(err)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head[:n], mark), " \t\r\n")
	f := file{in: in, limit: limit}
	switch {
	case bytes.HasPrefix(head[:n], []byte{0x1f, 0x8b}):
		f.packed = true
	case bytes.HasPrefix(head[:n], []byte("PK")):
		return file{}, invalid("This is a zip file, and the archive of an account is .json or .json.gz. The zip with photos goes second, after the archive.")
	case n == 0:
		return file{}, invalid("The archive is empty. Download it again from the old pod.")
	case len(text) == 0 || text[0] != '{':
		return file{}, invalid("This is not the archive of an account: it is neither JSON nor packed with gzip.")
	}
	return f, nil
}

// open gives the JSON from an offset on. That of a packed file is reached by
// unpacking what lies before it.
func (f file) open(ctx context.Context, from int64) (*bounded, error) {
	if !f.packed {
		return &bounded{ctx: ctx, in: io.NewSectionReader(f.in, from, f.in.Size()-from), limit: f.limit - from}, nil
	}
	count := &counting{in: io.NewSectionReader(f.in, 0, f.in.Size())}
	unpacked, err := gzip.NewReader(bufio.NewReaderSize(count, 64<<10))
	if err != nil {
		return nil, damaged(err)
	}
	in := &bounded{ctx: ctx, in: unpacked, packed: count, limit: f.limit}
	if _, err := io.CopyN(io.Discard, in, from); err != nil {
		return nil, damaged(err)
	}
	return in, nil
}

// counting counts the packed bytes that were read.
type counting struct {
	in io.Reader
	n  int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// bounded stops at the limit, where unpacking gets out of hand, and when the
// context ends.
type bounded struct {
	ctx    context.Context
	in     io.Reader
	packed *counting // nil if the file is not packed
	n      int64
	limit  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.limit:
		return 0, transfer.Errorf(transfer.TooLarge, "The archive unpacks to more than %s, which is more than this pod reads. Nothing was imported.", size(b.limit))
	case b.packed != nil && b.n > ratioFrom && b.n > ratio*b.packed.n:
		return 0, transfer.Errorf(transfer.TooLarge, "The archive unpacks to more than %d times its size, which no account does. Nothing was imported.", ratio)
	}
	return n, err
}

func size(n int64) string {
	if n >= gib {
		return fmt.Sprintf("%.3g GiB", float64(n)/float64(gib))
	}
	return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20))
}

// invalid is a file that is not an archive of an account.
func invalid(format string, args ...any) *transfer.Error {
	return transfer.Errorf(transfer.RequestInvalid, format, args...)
}

// unreadable is a file that the machine cannot read.
func unreadable(err error) error {
	return transfer.Errorf(transfer.Internal, "The archive cannot be read from the disk.").Because(err)
}

// damaged tells what a failure to unpack or to parse means. Errors that have
// words already, and the end of the context, pass.
func damaged(err error) error {
	_, worded := errors.AsType[*transfer.Error](err)
	switch {
	case worded || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("The archive ends in the middle: it was not downloaded whole. Download it again from the old pod.").Because(err)
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader):
		return invalid("The archive is damaged. Download it again from the old pod.").Because(err)
	}
	return invalid("The archive cannot be unpacked. Download it again from the old pod.").Because(err)
}
