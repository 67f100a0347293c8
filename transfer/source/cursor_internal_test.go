package source

import (
	"encoding/base64"
	"math"
	"testing"

	"podmove/transfer"
)

var testSlot = slot{account: 7, epoch: "first", client: "https://new.example/oauth/client.json", collection: transfer.Posts, filter: "true 0 0"}

func TestCursorRoundTrip(t *testing.T) {
	k := sealer{key: []byte("0123456789abcdef0123456789abcdef")}
	for _, at := range []place{{}, {1, 0}, {0, 1}, {300, 70000}, {math.MaxInt64, math.MaxInt64}} {
		c := k.seal(testSlot, at)
		if c != k.seal(testSlot, at) || len(c) > 80 {
			t.Fatalf("%v: %s is another each time, or long", at, c)
		}
		got, err := k.open(testSlot, c)
		if err != nil || got != at {
			t.Fatalf("got %v, %v, want %v", got, err, at)
		}
	}
}

func TestCursorIsSealed(t *testing.T) {
	k := sealer{key: []byte("0123456789abcdef0123456789abcdef")}
	c := k.seal(testSlot, place{3, 500})
	raw, _ := base64.RawURLEncoding.DecodeString(string(c))
	for i := range raw {
		for bit := range 8 {
			broken := append([]byte(nil), raw...)
			broken[i] ^= 1 << bit
			if _, err := k.open(testSlot, transfer.Cursor(base64.RawURLEncoding.EncodeToString(broken))); transfer.CodeOf(err) != transfer.CursorInvalid {
				t.Fatalf("byte %d, bit %d: %v", i, bit, err)
			}
		}
	}
	if _, err := (sealer{key: []byte("another")}).open(testSlot, c); transfer.CodeOf(err) != transfer.CursorInvalid {
		t.Fatalf("another key: %v", err)
	}
}
