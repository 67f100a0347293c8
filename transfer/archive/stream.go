package archive

import (
	"archive/zip"
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
	entry  *zip.File // of a zip that Podmove made; nil if the file is none
	limit  int64     // bytes unpacked
}

// mark is the byte order mark, which some editors put before UTF-8; a reader
// may ignore it (RFC 8259 §8.1).
var mark = []byte("\ufeff")

func newFile(in *io.SectionReader, limits Limits) (file, error) {
	head := make([]byte, 512)
	n, err := in.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return file{}, unreadable(err)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head[:n], mark), " \t\r\n")
	f := file{in: in, limit: limits.Unpacked}
	switch {
	case bytes.HasPrefix(head[:n], []byte{0x1f, 0x8b}):
		f.packed = true
	case bytes.HasPrefix(head[:n], []byte("PK")):
		f.entry, err = accountIn(in, limits)
		return f, err
	case n == 0:
		return file{}, invalid("The archive is empty. Download it again from the old pod.")
	case len(text) == 0 || text[0] != '{':
		return file{}, invalid("This is not the archive of an account: it is neither JSON nor packed with gzip.")
	}
	return f, nil
}

// accountIn finds the archive in a zip that Podmove made. It may unpack to no
// more than it says it does: archive/zip stops there.
func accountIn(in *io.SectionReader, limits Limits) (*zip.File, error) {
	list, err := openZip(in, limits, "archive")
	if err != nil {
		return nil, err
	}
	var found *zip.File
	for _, f := range list {
		switch {
		case f.Name != accountFile:
		case found != nil:
			return nil, invalid("The archive holds %s twice. No pod makes such a file; nothing was imported.", accountFile)
		case f.Flags&encrypted != 0:
			return nil, invalid("%s is locked with a password in the zip; pack it again without one.", accountFile)
		default:
			found = f
		}
	}
	if found == nil {
		return nil, invalid("This zip file holds no %s, and the archive of an account is .json, .json.gz, or the zip that a pod with Podmove makes of it. A zip with photos goes second, after the archive.", accountFile)
	}
	unpacked, packed := found.UncompressedSize64, min(found.CompressedSize64, uint64(in.Size()))
	if unpacked > uint64(ratioFrom) && unpacked/ratio > packed {
		return nil, unpacksTooFar()
	}
	return found, nil
}

// open gives the JSON from an offset on. That of a packed file is reached by
// unpacking what lies before it.
func (f file) open(ctx context.Context, from int64) (*bounded, error) {
	if !f.packed && f.entry == nil {
		return &bounded{ctx: ctx, in: io.NewSectionReader(f.in, from, f.in.Size()-from), limit: f.limit - from}, nil
	}
	if f.entry != nil {
		return f.inZip(ctx, from)
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

func (f file) inZip(ctx context.Context, from int64) (*bounded, error) {
	unpacked, err := f.entry.Open()
	if err != nil {
		return nil, damaged(err)
	}
	in := &bounded{ctx: ctx, in: unpacked, limit: f.limit}
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
		return 0, unpacksTooFar()
	}
	return n, err
}

func unpacksTooFar() error {
	return transfer.Errorf(transfer.TooLarge, "The archive unpacks to more than %d times its size, which no account does. Nothing was imported.", ratio)
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
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat):
		return invalid("The archive is damaged. Download it again from the old pod.").Because(err)
	}
	return invalid("The archive cannot be unpacked. Download it again from the old pod.").Because(err)
}
