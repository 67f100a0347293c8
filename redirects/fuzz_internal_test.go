package redirects

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
)

const (
	hereGUID = "0123456789abcde1" // a photo that is still here
	goneGUID = "0123456789abcde2" // one that is not
	hereItem = `{"name":"a.png"}`
	hereBlob = "\x89PNG\r\n\x1a\n"
)

// A page of a book: two photos of one departure, in memory.
type page struct {
	Book     // what is not needed here
	answered []transfer.Holding
}

func (p *page) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func (p *page) Items(_ context.Context, _ int64, _ transfer.Collection, guids []string, see func(string, []byte, transfer.Digest) error) error {
	for _, guid := range guids {
		if guid == hereGUID {
			return see(guid, []byte(hereItem), transfer.Sum([]byte(hereBlob)))
		}
	}
	return nil
}

func (p *page) Answered(_ context.Context, _ Departure, _ time.Time, list []transfer.Holding) error {
	p.answered = list
	return nil
}

// Open makes the page the Blobs as well.
func (p *page) Open(context.Context, string) (io.ReadSeekCloser, int64, error) {
	return file{bytes.NewReader([]byte(hereBlob))}, int64(len(hereBlob)), nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

// FuzzHeld signs what a stranger likes as the new pod's answer to a question
// after holdings: $jti, $proof and $challenge stand for what only this question
// knows. Nothing counts as held, and so may be erased, but with the proof that
// is made from its challenge and its bytes, and nothing that was not asked for
// counts at all. Nothing else is taken under the same signature.
func FuzzHeld(f *testing.F) {
	ours, theirs := newKey(f), newKey(f)
	const envelope = `{"iss":"https://new.example","aud":"https://old.example","transfer":"transfer-one","nonce":"a-transfer-nonce","iat":1800000000,"jti":"an-identifier-of-this","in_reply_to":"$jti",`
	const held = `{"collection":"photos","guid":"` + hereGUID + `","state":"held","proof":"$proof"}`
	for _, items := range []string{
		held, held + "," + strings.Replace(held, hereGUID, goneGUID, 1), strings.Replace(held, "$proof", "$challenge", 1), strings.Replace(held, "photos", "posts", 1),
		`{"collection":"photos","guid":"` + hereGUID + `","state":"edited"},{"collection":"photos","guid":"` + goneGUID + `","state":"removed"},` + held, `null`, ``,
	} {
		f.Add(envelope+`"items":[`+items+`]}`, envelope+`"items":[]}`)
	}
	for was, is := range map[string]string{"$jti": "another", "//new": "//evil", "//old": "//evil", "transfer-one": "transfer-two", "a-transfer": "another"} {
		f.Add(strings.Replace(envelope, was, is, 1)+`"items":[`+held+`]}`, "")
	}
	f.Fuzz(func(t *testing.T, claims, other string) {
		if !json.Valid([]byte(claims)) {
			return // nobody signs it
		}
		var q question
		swapped, err := q.put(t, ours, theirs, claims, &other)
		if other != q.claims && (transfer.CodeOf(err) != transfer.SignatureInvalid || swapped.answered != nil) {
			t.Fatalf("%s is taken under the signature of %s: %v", other, q.claims, err)
		}
		p, err := q.put(t, ours, theirs, claims, nil)
		if err != nil {
			if e, ok := errors.AsType[*transfer.Error](err); !ok || e.Code != transfer.SignatureInvalid || p.answered != nil {
				t.Fatalf("refused with %v, and yet noted is %+v", err, p.answered)
			}
			return
		}
		q.judged(t, p.answered)
	})
}

// A question is what was asked, and what the answer says.
type question struct {
	asked  transfer.Holdings
	proof  transfer.Digest // of the photo that is here
	claims string
	signed string
}

// put asks, and answers with the claims, or with other claims under the
// signature of these.
func (q *question) put(t *testing.T, ours, theirs keys.Key, claims string, other *string) (*page, error) {
	t.Helper()
	p := &page{}
	s := New(Options{
		Origin: "https://old.example", Book: p, Blobs: p, Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Sign: func(typ string, claims any) (string, error) { return keys.Sign(ours, typ, claims) },
		Verify: func(_ context.Context, _ transfer.Pin, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, theirs.Public(), claims)
		},
		Send: func(_ context.Context, _, message string) (string, error) {
			if err := keys.Verify(message, transfer.TypHoldings, ours.Public(), &q.asked); err != nil {
				t.Fatal(err)
			}
			return q.answer(t, theirs, claims, other), nil
		},
	})
	d := Departure{ID: "transfer-one", Client: "https://new.example/oauth/client.json", Nonce: "a-transfer-nonce"}
	return p, s.ask(t.Context(), d, []Owed{{Collection: transfer.Photos, GUID: hereGUID}, {Collection: transfer.Photos, GUID: goneGUID}})
}

func (q *question) answer(t *testing.T, key keys.Key, claims string, other *string) string {
	t.Helper()
	challenge := q.asked.Items[0].Challenge
	q.proof = transfer.Sum([]byte(challenge + hereItem + hereBlob))
	fill := strings.NewReplacer("$jti", q.asked.ID, "$proof", string(q.proof), "$challenge", challenge)
	signed, err := keys.Sign(key, transfer.TypHoldings, json.RawMessage(fill.Replace(claims)))
	if err != nil {
		t.Fatal(err)
	}
	q.signed = signed
	parts := strings.Split(signed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	q.claims = string(raw)
	if other != nil {
		*other = fill.Replace(*other)
		parts[1] = base64.RawURLEncoding.EncodeToString([]byte(*other))
	}
	return strings.Join(parts, ".")
}

// judged holds what was noted to what was said.
func (q *question) judged(t *testing.T, list []transfer.Holding) {
	t.Helper()
	var said transfer.Holdings
	if err := keys.Peek(q.signed, &said); err != nil || said.InReplyTo != q.asked.ID || said.Issuer != q.asked.Audience || said.Audience != q.asked.Issuer ||
		said.Transfer != q.asked.Transfer || said.Nonce != q.asked.Nonce || len(list) != 2 {
		t.Fatalf("%s is taken for an answer to %s: %+v", q.claims, q.asked.ID, list)
	}
	for i, got := range list {
		if got.GUID != q.asked.Items[i].GUID || got.Collection != transfer.Photos {
			t.Fatalf("noted is %+v", got)
		}
		want := got
		if want.Proof = ""; got.State == transfer.Held {
			want.Proof = q.proof
		}
		if got.State != transfer.AbsentThere && !contains(said.Items, want) || got.State == transfer.Held && got.GUID == goneGUID {
			t.Fatalf("%s is noted as %+v", q.claims, got)
		}
	}
}

// contains reports whether an answer says of an item what was noted; only what
// is held needs proof.
func contains(said []transfer.Holding, want transfer.Holding) bool {
	for _, s := range said {
		if s.Collection == want.Collection && s.GUID == want.GUID && s.State == want.State && (s.Proof == want.Proof || want.State != transfer.Held) {
			return true
		}
	}
	return false
}

func newKey(tb testing.TB) keys.Key {
	tb.Helper()
	k, err := keys.Generate()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}
