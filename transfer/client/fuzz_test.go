package client_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"podmove/internal/keys"
	"podmove/transfer"
	"podmove/transfer/client"
)

const givingPod = "https://old.example"

// A canned pod answers every request with the same body.
type canned struct{ kind, body string }

func (a canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// FuzzManifest signs what a stranger likes as the source's manifest. What is
// taken is from this source, to this pod, about this transfer, within bounds,
// and reads back the same; nothing else is taken under the same signature.
func FuzzManifest(f *testing.F) {
	key, err := keys.Generate()
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(goodManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good), `{"iss":"https://old.example"}`, "application/jose")
	f.Add(strings.Replace(string(good), `"count":2`, `"count":-2`, 1), string(good), "application/jose; charset=utf-8")
	f.Add(strings.Replace(string(good), `"blocks"`, `"posts"`, 1), "", "application/json")
	f.Add(strings.Replace(string(good), `"as_of":5`, `"as_of":5,"AS_OF":7`, 1), "null", "")
	for was, is := range map[string]string{
		`"as_of":5`: `"as_of":-1`, `"format":1`: `"format":1,"unsendable":{"posts":-1}`, `"jti":"one"`: `"jti":"` + strings.Repeat("x", 129) + `"`,
	} {
		f.Add(strings.Replace(string(good), was, is, 1), "", "application/jose")
	}
	f.Fuzz(func(t *testing.T, claims, other, kind string) {
		signed, err := keys.Sign(key, transfer.TypManifest, json.RawMessage(claims))
		if err != nil {
			return // it is no JSON, and nobody signs it
		}
		parts := strings.Split(signed, ".")
		if swapped := base64.RawURLEncoding.EncodeToString([]byte(other)); swapped != parts[1] {
			if m, err := read(t, key, canned{"application/jose", parts[0] + "." + swapped + "." + parts[2]}); transfer.CodeOf(err) != transfer.SignatureInvalid {
				t.Fatalf("%+v is taken under another's signature: %v", m, err)
			}
		}
		m, err := read(t, key, canned{kind, signed})
		if err != nil {
			return
		}
		wantGood(t, m)
		again, err := keys.Sign(key, transfer.TypManifest, m)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := read(t, key, canned{kind, again}); err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%+v comes back as %+v, %v", m, back, err)
		}
	})
}

// read reads a manifest as a move does; if it is refused, then in words.
func read(t *testing.T, key keys.Key, pod canned) (transfer.Manifest, error) {
	t.Helper()
	c, err := client.New(client.Options{
		HTTP: &http.Client{Transport: pod}, Base: givingPod + "/transfer/v1", Issuer: givingPod, Audience: reader, Transfer: transferID, Nonce: nonce,
		Verify: func(_ context.Context, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, key.Public(), claims)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Manifest(t.Context())
	if err == nil {
		return m, nil
	}
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok || e.Message == "" || len(e.Message) > 500 {
		t.Fatalf("refused with %v", err)
	}
	switch e.Code {
	case transfer.AnswerInvalid, transfer.SignatureInvalid, transfer.NonceForeign:
	default:
		t.Fatalf("refused with %v", err)
	}
	return m, err
}

func goodManifest() transfer.Manifest {
	return transfer.Manifest{
		Envelope: transfer.Envelope{Issuer: givingPod, Audience: reader, Transfer: transferID, Nonce: nonce, IssuedAt: 1, ID: "one"},
		AsOf:     5, Format: transfer.Format, Since: "2026-01-02T03:04:05.000Z",
		Tallies: []transfer.Tally{
			{Collection: transfer.Posts, Count: 2, Digest: transfer.Sum([]byte("posts"))},
			{Collection: transfer.Blocks, Count: 0, Digest: transfer.Sum(nil)},
		},
	}
}

func wantGood(t *testing.T, m transfer.Manifest) {
	t.Helper()
	named := m.Issuer == givingPod && m.Audience == reader && m.Transfer == transferID && m.Nonce == nonce && m.ID != "" && len(m.ID) <= 128 && m.IssuedAt > 0
	if !named || m.Format != transfer.Format || m.AsOf < 0 || len(m.Tallies) > 32 || len(m.Unsendable) > 32 {
		t.Fatalf("taken is %+v", m)
	}
	seen := map[transfer.Collection]bool{}
	for _, tally := range m.Tallies {
		if seen[tally.Collection] || tally.Count < 0 || !tally.Digest.Valid() {
			t.Fatalf("taken is %+v", m)
		}
		seen[tally.Collection] = true
	}
	for collection, n := range m.Unsendable {
		if n < 0 {
			t.Fatalf("%d of %q cannot be sent", n, collection)
		}
	}
}
