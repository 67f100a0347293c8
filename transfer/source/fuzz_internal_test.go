package source

import (
	"encoding/base64"
	"strings"
	"testing"

	"podmove/internal/keys"
	"podmove/transfer"
)

// FuzzCursor reads what a stranger sends as a cursor, and the same bytes as if
// this pod had sealed them, since no fuzzer makes a MAC. What opens is what we
// seal, and opens in its own slot alone.
func FuzzCursor(f *testing.F) {
	k := sealer{key: []byte("0123456789abcdef0123456789abcdef")}
	sealed := string(k.seal(testSlot, place{1, 2}))
	raw, _ := base64.RawURLEncoding.DecodeString(sealed)
	f.Add(sealed, raw[:len(raw)-macSize], int64(7), "https://new.example/oauth/client.json", "posts", "true 0 0")
	f.Add(sealed[:9]+"\r\n"+sealed[9:], []byte{}, int64(7), "", "", "")
	f.Add("", []byte{}, int64(8), "https://new.example/oauth/client.json", "posts", "true 0 0")
	f.Add("AQ", []byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff"), int64(7), "https://new.example/", "photos", "false 0 0")
	f.Add("====", append(raw[:1+epochSize:1+epochSize], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x80\x00"...), int64(7), "", "", "")
	f.Fuzz(func(t *testing.T, c string, head []byte, account int64, client, collection, filter string) {
		if at, err := k.open(testSlot, transfer.Cursor(c)); err == nil && k.seal(testSlot, at) != transfer.Cursor(c) {
			t.Fatalf("%q opens and is not what we seal", c)
		}
		in := slot{account: account, epoch: testSlot.epoch, client: client, collection: transfer.Collection(collection), filter: filter}
		ours := transfer.Cursor(base64.RawURLEncoding.EncodeToString(append(head[:len(head):len(head)], k.mac(in, head)...)))
		at, err := k.open(in, ours)
		if code := transfer.CodeOf(err); err != nil && code != transfer.CursorInvalid && code != transfer.CursorExpired {
			t.Fatalf("%q: %v", ours, err)
		}
		if again, err2 := k.open(in, k.seal(in, at)); err == nil && (err2 != nil || again != at) {
			t.Fatalf("%v is sealed, and opens as %v, %v", at, again, err2)
		}
		// None of what makes a slot ever holds NUL.
		if in != testSlot && !strings.Contains(client+collection+filter, "\x00") {
			if _, err := k.open(testSlot, k.seal(in, at)); transfer.CodeOf(err) != transfer.CursorInvalid {
				t.Fatalf("a cursor of %+v opens in %+v: %v", in, testSlot, err)
			}
		}
	})
}

// FuzzNonce asks for a page with any nonce: it is taken if it is one of 22 to
// 128 characters of base64url or hex, and then once.
func FuzzNonce(f *testing.F) {
	f.Add("1VdnCq2mQkK3yJ0rXo9ZtA", "posts", 10)
	f.Add("0123456789abcdef0123456789ABCDEF", "photos", 0)
	f.Add("1VdnCq2mQkK3yJ0rXo9ZtA\n", "posts", 1)
	f.Add(strings.Repeat("é", 30), "blocks", -1)
	f.Add("\x00", "", 1<<40)
	f.Fuzz(func(t *testing.T, nonce, collection string, limit int) {
		s, desk := newDesk(t, keys.Key{})
		r := PageRequest{Collection: transfer.Collection(collection), Limit: limit, Nonce: nonce}
		p, err := s.Page(t.Context(), deskGrant, deskTransfer, r)
		if refused := transfer.CodeOf(err); (refused == transfer.NonceMissing) && wellShaped(nonce) || err == nil && !wellShaped(nonce) {
			t.Fatalf("%q: %v", nonce, err)
		}
		wantCoded(t, err, transfer.NonceMissing, transfer.NotFound, transfer.NotGranted, transfer.RequestInvalid)
		if err != nil {
			if len(desk.nonces) > 0 {
				t.Fatalf("%q is spent on %v", nonce, err)
			}
			return
		}
		if p.Nonce != desk.transfer.Nonce || p.Transfer != deskTransfer || !desk.nonces[transfer.Sum([]byte(nonce))] {
			t.Fatalf("%q is answered with %+v", nonce, p)
		}
		if _, err := s.Page(t.Context(), deskGrant, deskTransfer, r); transfer.CodeOf(err) != transfer.NonceReplayed {
			t.Fatalf("%q again: %v", nonce, err)
		}
	})
}

// wellShaped is nonceShape once more, by hand.
func wellShaped(nonce string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(nonce) >= 22 && len(nonce) <= 128 && strings.Trim(nonce, letters) == ""
}

// wantCoded refuses an error that no person and no other pod could read.
func wantCoded(t *testing.T, err error, codes ...transfer.Code) {
	t.Helper()
	if err == nil {
		return
	}
	for _, code := range codes {
		if transfer.CodeOf(err) == code && len(err.Error()) < 8<<10 {
			return
		}
	}
	t.Fatalf("refused with %.9000v", err)
}
