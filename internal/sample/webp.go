package sample

import (
	"encoding/binary"
	"image"
	"io"
	"math/bits"
)

// encodeWebP writes m as lossless WebP in the plainest form there is: no
// transforms, no back references, and a code of eight bits for each value of
// each colour (WebP Lossless Bitstream Specification, RFC 9649 §3).
func encodeWebP(w io.Writer, m *image.RGBA) error {
	out := &bitWriter{}
	out.write(0x2f, 8) // RFC 9649 §3.4: signature, sides less one, no alpha, version 0
	out.write(uint32(m.Rect.Dx()-1), 14)
	out.write(uint32(m.Rect.Dy()-1), 14)
	out.write(0, 1+3)
	out.write(0, 1+1+1)     // no transform, no colour cache, one group of codes
	out.plainCode(256 + 24) // green, and the lengths of back references
	out.plainCode(256)      // red
	out.plainCode(256)      // blue
	out.write(0b1_0_1, 3)   // alpha: a simple code of one symbol of eight bits,
	out.write(255, 8)       // which then takes no bits at all
	out.write(0b0_0_0_1, 4) // distance: one symbol of one bit, 0
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			for _, v := range []uint8{c.G, c.R, c.B} {
				out.write(uint32(bits.Reverse8(v)), 8) // codes are packed from their top bit
			}
		}
	}
	return writeRIFF(w, out.bytes())
}

// writeRIFF wraps the one chunk (RFC 9649 §2.6).
func writeRIFF(w io.Writer, chunk []byte) error {
	size := len(chunk)
	if size%2 == 1 {
		chunk = append(chunk, 0)
	}
	head := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(4+8+len(chunk)))...)
	head = append(append(head, "WEBPVP8L"...), binary.LittleEndian.AppendUint32(nil, uint32(size))...)
	_, err := w.Write(append(head, chunk...))
	return err
}

// A bitWriter packs numbers from their lowest bit on.
type bitWriter struct {
	out   []byte
	cache uint64
	held  int
}

func (b *bitWriter) write(v uint32, n int) {
	b.cache |= uint64(v) << b.held
	for b.held += n; b.held >= 8; b.held -= 8 {
		b.out = append(b.out, byte(b.cache))
		b.cache >>= 8
	}
}

func (b *bitWriter) bytes() []byte {
	if b.held > 0 {
		return append(b.out, byte(b.cache))
	}
	return b.out
}

// plainCode gives the first 256 of the symbols eight bits each, and the others
// none (RFC 9649 §3.7.2.1.2). The lengths themselves are written in a code of
// two symbols, "0" and "8", of one bit each.
func (b *bitWriter) plainCode(symbols int) {
	b.write(0, 1) // not a simple code
	order := []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8}
	b.write(uint32(len(order)-4), 4)
	for _, length := range order {
		if length == 0 || length == 8 {
			b.write(1, 3)
		} else {
			b.write(0, 3)
		}
	}
	b.write(0, 1) // lengths for all symbols follow
	for range 256 {
		b.write(1, 1)
	}
	for range symbols - 256 {
		b.write(0, 1)
	}
}
