package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"podmove/transfer"
)

// sightings is how many items a tracker holds at once: about 3 MB.
const sightings = 100_000

// A tracker finds the guids that come twice. What it has no room for goes to a
// file without a name, so that an archive of any size takes the same memory.
type tracker struct {
	room  int // sightings held at once
	seen  []sighting
	count uint32 // of all
	spill *os.File
}

type sighting struct {
	guid [16]byte // the start of its SHA-256
	at   uint32
	measured
}

func (t *tracker) add(guid string, m measured) error {
	if guid == "" { // it is reported under a guid of its place
		guid = "#" + strconv.FormatUint(uint64(t.count), 10)
	}
	sum := sha256.Sum256([]byte(guid))
	t.seen = append(t.seen, sighting{[16]byte(sum[:16]), t.count, m})
	t.count++
	if len(t.seen) < t.room {
		return nil
	}
	return t.write()
}

// write moves what is held to the file.
func (t *tracker) write() (err error) {
	if t.spill == nil {
		if t.spill, err = os.CreateTemp("", "podmove-import-*"); err != nil {
			return noRoom(err)
		}
		_ = os.Remove(t.spill.Name()) // close does it where an open file keeps its name
	}
	out := bufio.NewWriterSize(t.spill, 64<<10)
	var raw [28]byte
	for _, s := range t.seen {
		copy(raw[:], s.guid[:])
		for i, n := range []uint32{s.at, s.bytes, s.content} {
			binary.LittleEndian.PutUint32(raw[16+4*i:], n)
		}
		out.Write(raw[:]) // errors of a bufio.Writer stick until Flush
	}
	t.seen = t.seen[:0]
	return noRoom(out.Flush())
}

func noRoom(err error) error {
	if err == nil {
		return nil
	}
	return transfer.Errorf(transfer.StorageFull, "There is no room for a temporary file beside the archive.").Because(err)
}

func (t *tracker) close() {
	if t.spill != nil {
		_ = t.spill.Close() // nothing in it is kept
		_ = os.Remove(t.spill.Name())
	}
}

// done sums up, less what came twice, and lists the places of those.
func (t *tracker) done(c transfer.Collection) (transfer.CollectionPlan, []uint32, error) {
	sum := transfer.CollectionPlan{Collection: c, Count: int64(t.count)}
	var again []uint32
	parts := 1
	if t.spill != nil {
		if err := t.write(); err != nil {
			return sum, nil, err
		}
		parts = min(2*int(t.count)/t.room+1, 1<<16) // about half as many as there is room for
	}
	for part := range parts {
		if t.spill != nil {
			if err := t.read(part, parts); err != nil {
				return sum, nil, noRoom(err)
			}
		}
		again = append(again, t.sum(&sum)...)
	}
	slices.Sort(again)
	return sum, again, nil
}

// read holds those of the file whose guids lie in one of several even parts.
func (t *tracker) read(part, parts int) error {
	t.seen = t.seen[:0]
	if _, err := t.spill.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(t.spill, 64<<10)
	var raw [28]byte
	for {
		if _, err := io.ReadFull(in, raw[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if int(binary.BigEndian.Uint16(raw[:]))*parts>>16 != part {
			continue
		}
		field := func(i int) uint32 { return binary.LittleEndian.Uint32(raw[16+4*i:]) }
		t.seen = append(t.seen, sighting{[16]byte(raw[:16]), field(0), measured{field(1), field(2)}})
	}
}

// sum adds up what is held, and answers the places of what came twice.
func (t *tracker) sum(sum *transfer.CollectionPlan) (again []uint32) {
	slices.SortFunc(t.seen, func(a, b sighting) int {
		return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.at, b.at))
	})
	for i, s := range t.seen {
		if i > 0 && s.guid == t.seen[i-1].guid {
			again = append(again, s.at)
			continue
		}
		sum.Bytes += int64(s.bytes)
		sum.ContentBytes += int64(s.content)
	}
	return again
}
