package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"podmove/transfer"
)

// cursorVersion is the first byte of every cursor.
const cursorVersion = 1

// A place is where a reader stands.
type place struct {
	floor  int64 // deletions up to this number were never news to this reader
	number int64 // the change number of the last entry
}

// A slot is what a cursor is good for; elsewhere it is refused (Protocol §4.2).
type slot struct {
	account    int64
	epoch      string
	client     string
	collection transfer.Collection
	filter     string // limited, since, until
}

// slotOf is the slot of one collection of a transfer. Not the transfer itself
// stands in it: a later one under the same terms may go on from the cursor.
func slotOf(t Transfer, c transfer.Collection, epoch string) slot {
	filter := fmt.Sprintf("%t %s %s", t.Limited, spelled(t.Since), spelled(t.Until))
	if s := t.Scope(); s.Items != "" {
		filter += " " + s.Items
	}
	return slot{account: t.Account, epoch: epoch, client: t.Client, collection: c, filter: filter}
}

// A sealer makes and reads cursors. They are deterministic: the same place in
// the same slot is the same cursor.
type sealer struct{ key []byte }

const (
	epochSize = 8  // bytes of the hash of the database's epoch
	macSize   = 32 // bytes of HMAC-SHA256
)

// seal writes version, epoch, floor and number, and the MAC over them and the
// slot, in base64url: 80 characters at most.
func (k sealer) seal(in slot, at place) transfer.Cursor {
	raw := append([]byte{cursorVersion}, epochMark(in.epoch)...)
	raw = binary.AppendUvarint(raw, uint64(at.floor))
	raw = binary.AppendUvarint(raw, uint64(at.number))
	raw = append(raw, k.mac(in, raw)...)
	return transfer.Cursor(base64.RawURLEncoding.EncodeToString(raw))
}

// open is the place that a cursor marks: transfer.CursorInvalid if we did not
// seal it for this slot, transfer.CursorExpired if the database is another by
// now.
func (k sealer) open(in slot, c transfer.Cursor) (place, error) {
	invalid := transfer.Errorf(transfer.CursorInvalid, "the cursor does not belong to this transfer and collection")
	if len(c) > 256 {
		return place{}, invalid
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil || len(raw) < 1+epochSize+2+macSize || raw[0] != cursorVersion {
		return place{}, invalid
	}
	// One cursor has one spelling: the decoder passes over line breaks, and over
	// what the last character has too much.
	if base64.RawURLEncoding.EncodeToString(raw) != string(c) {
		return place{}, invalid
	}
	head, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, k.mac(in, head)) {
		return place{}, invalid
	}
	if string(head[1:1+epochSize]) != string(epochMark(in.epoch)) {
		return place{}, expiredCursor()
	}
	floor, n := binary.Uvarint(head[1+epochSize:])
	number, m := binary.Uvarint(head[1+epochSize+max(n, 0):])
	if n <= 0 || m <= 0 || 1+epochSize+n+m != len(head) {
		return place{}, invalid
	}
	return place{floor: int64(floor), number: int64(number)}, nil
}

// mac covers everything of the slot but the epoch, which stands in head: so a
// cursor from before a restore is told from one that was made up.
func (k sealer) mac(in slot, head []byte) []byte {
	h := hmac.New(sha256.New, k.key)
	fmt.Fprintf(h, "podmove cursor\x00%d\x00%s\x00%s\x00%s\x00", in.account, in.client, in.collection, in.filter)
	h.Write(head)
	return h.Sum(nil)
}

func epochMark(epoch string) []byte {
	sum := sha256.Sum256([]byte(epoch))
	return sum[:epochSize]
}

func expiredCursor() error {
	return transfer.Errorf(transfer.CursorExpired, "changes can no longer be followed from this cursor; start this collection from nothing")
}
