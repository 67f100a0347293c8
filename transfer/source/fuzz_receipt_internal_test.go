package source

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
)

// FuzzReceipt signs what a stranger likes as the new pod's receipt, and
// completes the move with it: stubs go up only for a receipt that is of this
// transfer, agrees with what was given, and leads to the new pod alone. Refused,
// it changes nothing. Nothing else is taken under the same signature.
func FuzzReceipt(f *testing.F) {
	key, err := keys.Generate()
	if err != nil {
		f.Fatal(err)
	}
	_, d := newDesk(f, key)
	good, err := json.Marshal(d.receipt())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good), `{"iss":"https://new.example"}`, true)
	f.Add(string(good), "", false)
	f.Add(strings.Replace(string(good), string(d.tally(transfer.Posts, true).Digest), string(d.tally(transfer.Posts, false).Digest), 1), "", false)
	f.Add(strings.Replace(string(good), deskThere+"/posts", deskThere+"@evil.example/posts", 1), string(good), true)
	for was, is := range map[string]string{
		deskThere + "/posts": "https://evil.example/posts", `"as_of":5`: `"as_of":4`, `"iss":"https://new`: `"iss":"https://evil`, `"aud":"https://old`: `"aud":"https://evil`,
		deskTransfer: strings.Repeat("f", 32), "a-nonce": "another", "aurora@": "somebody@", `"count":1`: `"count":2`, `"posts"`: `"blocks"`,
	} {
		f.Add(strings.Replace(string(good), was, is, 1), "", true)
	}
	f.Add(strings.Replace(string(good), `"as_of":5`, `"as_of":9223372036854775807,"exp":1,"as_of":-1`, 1), "null", true)
	f.Fuzz(func(t *testing.T, claims, other string, arrived bool) {
		s, d := newDesk(t, key)
		d.receipts["posts "+d.post.GUID] = d.outcome(arrived)
		before := d.transfer
		signed, err := sign(key, transfer.TypReceipt, claims)
		if err != nil {
			return // it is no JSON, and nobody signs it
		}
		if parts := strings.Split(signed, "."); other != claims {
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(other))
			if _, err := s.Complete(t.Context(), deskGrant, deskTransfer, strings.Join(parts, ".")); transfer.CodeOf(err) != transfer.SignatureInvalid && !sameJSON(claims, other) {
				t.Fatalf("%s is taken under the signature of %s: %v", other, claims, err)
			}
		}
		plan, err := s.Complete(t.Context(), deskGrant, deskTransfer, signed)
		wantCoded(t, err, transfer.SignatureInvalid, transfer.NotGranted, transfer.RequestInvalid, transfer.ChangedSince, transfer.Incomplete)
		if err != nil {
			if d.transfer.State != before.State || d.transfer.Receipt != "" || d.raised > 0 {
				t.Fatalf("refused with %v, and yet %+v", err, d.transfer)
			}
			return
		}
		if want := map[bool]transfer.State{true: transfer.Redirecting, false: transfer.Verified}[arrived]; plan.State != want || (d.raised == 1) != arrived {
			t.Fatalf("%s: %s, and stubs went up %d times", claims, plan.State, d.raised)
		}
		d.wantTaken(t, claims, arrived)
	})
}

// sign signs text as it stands, but for space between its tokens.
func sign(key keys.Key, typ, text string) (string, error) {
	return keys.Sign(key, typ, json.RawMessage(text))
}

// sameJSON: signing leaves out the space between tokens, and spells some
// characters in another way.
func sameJSON(a, b string) bool {
	one, err := json.Marshal(json.RawMessage(a))
	return err == nil && string(one) == b
}

func (d *desk) outcome(arrived bool) transfer.Outcome {
	if arrived {
		return transfer.Outcome{Collection: transfer.Posts, GUID: d.post.GUID, Digest: d.post.Digest, Result: transfer.Imported}
	}
	return transfer.Outcome{Collection: transfer.Posts, GUID: d.post.GUID, Result: transfer.Skipped, Reason: transfer.KeptHere}
}

// tally is that of a collection of which everything, or nothing, arrived.
func (d *desk) tally(c transfer.Collection, arrived bool) transfer.Tally {
	sum := transfer.NewTallier(c)
	if c == transfer.Posts && arrived {
		sum.Add(d.post.GUID, d.post.Digest)
	}
	return sum.Tally()
}

// receipt is a good one.
func (d *desk) receipt() transfer.Receipt {
	return transfer.Receipt{
		Envelope: transfer.Envelope{Issuer: deskThere, Audience: deskHere, Transfer: deskTransfer, Nonce: d.transfer.Nonce, IssuedAt: deskNow().Unix(), ID: "an-identifier-of-this"},
		AsOf:     deskMark, Tallies: []transfer.Tally{d.tally(transfer.Posts, true), d.tally(transfer.Photos, true)},
		Account: d.transfer.Destination, Profile: deskThere + "/people/1",
		Templates: transfer.Templates{Post: deskThere + "/posts/{guid}", Photo: deskThere + "/uploads/images/{variant}{name}", Feed: deskThere + "/public/a.atom"},
	}
}

// wantTaken reads a receipt that was taken once more, in another way.
func (d *desk) wantTaken(t *testing.T, claims string, arrived bool) {
	t.Helper()
	var got map[string]any
	var kept transfer.Receipt // names of members are compared with their case
	if err := errors.Join(json.Unmarshal([]byte(claims), &got), keys.Peek(d.transfer.Receipt, &kept)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(kept.Tallies, d.tally(transfer.Posts, arrived)) || !slices.Contains(kept.Tallies, d.tally(transfer.Photos, arrived)) {
		t.Fatalf("it tallies %+v", kept.Tallies)
	}
	for name, want := range map[string]any{
		"iss": deskThere, "aud": deskHere, "transfer": deskTransfer, "nonce": d.transfer.Nonce, "account": d.transfer.Destination, "as_of": float64(deskMark),
	} {
		if got[name] != want {
			t.Fatalf("%s is %v", name, got[name])
		}
	}
	issued, _ := got["iat"].(float64)
	if at := time.Unix(int64(issued), 0); at.After(deskNow().Add(transfer.ClockSkew)) || issued < 1 {
		t.Fatalf("it was signed at %s", at)
	}
	for _, address := range []string{d.transfer.Profile, d.transfer.Templates.Post, d.transfer.Templates.Photo, d.transfer.Templates.Feed} {
		if !leadsThere(address) {
			t.Fatalf("it leads to %q", address)
		}
	}
}

// leadsThere reports whether a browser goes to the new pod from a template,
// whatever fills it.
func leadsThere(template string) bool {
	values := strings.NewReplacer(transfer.PlaceGUID, "a:b@c.d", transfer.PlaceName, "x.png", transfer.PlaceVariant, "thumb_")
	u, err := url.Parse(values.Replace(template))
	return err == nil && u.Scheme == "https" && u.Host == "new.example" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && len(template) <= transfer.MaxAddress
}

// FuzzOutcomes reports what a stranger likes of single items: what is kept is
// within the bounds of all that reads it later, and if one is refused, none is
// kept.
func FuzzOutcomes(f *testing.F) {
	for _, seed := range []string{
		`[{"collection":"posts","guid":"0123456789abcdef","digest":"` + strings.Repeat("0f", 32) + `","outcome":"imported","url":"https://new.example/posts/1"}]`,
		`[{"collection":"photos","guid":"0123456789abcdef","outcome":"skipped","reason":"kept-here","url":"https://new.example/{variant}a.png"}]`,
		`[{"collection":"posts","guid":"0123456789abcdef","outcome":"removed"},{"collection":"posts","guid":"x","outcome":"failed","reason":"A"}]`,
		`[{"collection":"blocks","guid":"0123456789abcdef","outcome":"unchanged"}]`,
		`[{"collection":"posts","guid":"0123456789abcdef","outcome":"unchanged"}]`, `[{"collection":"posts","guid":"0123456789abcdef","outcome":"removed","url":"https://evil.example/"}]`, `[{}]`, `[null]`, `null`,
	} {
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, verified bool) {
		var list []transfer.Outcome
		if json.Unmarshal(raw, &list) != nil {
			return
		}
		s, d := newDesk(t, keys.Key{})
		if verified {
			d.transfer.State = transfer.Verified
		}
		err := s.Receipts(t.Context(), deskGrant, deskTransfer, list)
		wantCoded(t, err, transfer.NotGranted, transfer.RequestInvalid, transfer.TooLarge)
		if err != nil && (len(d.receipts) > 0 || verified && d.transfer.State != transfer.Verified) || len(list) > transfer.MaxReceipts && err == nil {
			t.Fatalf("%d are kept of %d: %v", len(d.receipts), len(list), err)
		}
		if err == nil && len(list) > 0 && d.transfer.State != transfer.Copying {
			t.Fatalf("there is more to compare, and the transfer is %s", d.transfer.State)
		}
		for _, o := range d.receipts {
			if !bounded(o) {
				t.Fatalf("kept is %+v", o)
			}
		}
	})
}

func bounded(o transfer.Outcome) bool {
	carried := o.Collection == transfer.Posts || o.Collection == transfer.Photos
	proved := o.Digest == "" && !o.Result.Arrived() || len(o.Digest) == 64 && strings.Trim(string(o.Digest), "0123456789abcdef") == ""
	plain := len(o.Reason) <= 64 && strings.Trim(string(o.Reason), "abcdefghijklmnopqrstuvwxyz-") == ""
	return carried && proved && plain && len(o.GUID) >= 16 && len(o.GUID) <= 255 && (o.URL == "" || leadsThere(o.URL))
}
