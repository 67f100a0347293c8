package keys_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"podmove/internal/keys"
)

type claims struct {
	Issuer string `json:"iss"`
	Count  int    `json:"count"`
}

const typ = "podmove-manifest+jwt"

func sign(t *testing.T, k keys.Key, typ string, claims any) string {
	t.Helper()
	message, err := keys.Sign(k, typ, claims)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func part(v string) string { return base64.RawURLEncoding.EncodeToString([]byte(v)) }

func TestSignedMessage(t *testing.T) {
	k := newKey(t)
	sent := claims{Issuer: "https://old.example", Count: 7}
	message := sign(t, k, typ, sent)

	t.Run("is read back by whoever has the public key", func(t *testing.T) {
		var got claims
		if err := keys.Verify(message, typ, keys.SetOf(newKey(t), k), &got); err != nil {
			t.Fatal(err)
		}
		if got != sent {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("names algorithm, key and type in its header", func(t *testing.T) {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(message, ".")[0])
		if err != nil {
			t.Fatal(err)
		}
		var header map[string]string
		if err := json.Unmarshal(raw, &header); err != nil {
			t.Fatal(err)
		}
		if header["alg"] != "ES256" || header["kid"] != k.ID() || header["typ"] != typ || len(header) != 3 {
			t.Errorf("header %s", raw)
		}
	})
	t.Run("can be peeked into", func(t *testing.T) {
		var got claims
		if err := keys.Peek(message, &got); err != nil || got != sent {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestVerifyRefuses(t *testing.T) {
	k := newKey(t)
	set := k.Public()
	good := sign(t, k, typ, claims{Count: 7})
	parts := strings.Split(good, ".")
	hmacHeader := part(`{"alg":"HS256","kid":"` + k.ID() + `","typ":"` + typ + `"}`)
	mac := hmac.New(sha256.New, []byte(k.ID()))
	mac.Write([]byte(hmacHeader + "." + parts[1]))

	deep := strings.Repeat("[", 300_000) + strings.Repeat("]", 300_000)
	cases := []struct {
		name    string
		message string
		want    error
	}{
		{"a message of another type", sign(t, k, "podmove-receipt+jwt", claims{}), keys.ErrType},
		{"a type that differs in case", sign(t, k, strings.ToUpper(typ), claims{}), keys.ErrType},
		{"a key that is not in the set", sign(t, newKey(t), typ, claims{}), keys.ErrUnknownKey},
		{"another payload", parts[0] + "." + part(`{"count":8}`) + "." + parts[2], keys.ErrSignature},
		{"another signature", parts[0] + "." + parts[1] + "." + part(strings.Repeat("x", 64)), keys.ErrSignature},
		{"the algorithm none", part(`{"alg":"none","typ":"`+typ+`"}`) + "." + parts[1] + ".", keys.ErrMalformed},
		{"an HMAC made with the public key", hmacHeader + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), keys.ErrMalformed},
		{"the JSON form", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, keys.ErrMalformed},
		{"nothing", "", keys.ErrMalformed},
		{"a message that is too large", strings.Repeat("a", keys.MaxMessageBytes+1), keys.ErrTooLarge},
		{"a header that nests without end", part(`{"alg":"ES256","typ":"`+typ+`","x":`+deep) + "." + parts[1] + "." + parts[2], keys.ErrMalformed},
		{"claims that are no object", sign(t, k, typ, []int{1}), keys.ErrMalformed},
		{"a claim that stands twice", sign(t, k, typ, json.RawMessage(`{"count":1,"count":2}`)), keys.ErrMalformed},
	}
	for _, c := range cases {
		t.Run("refuses "+c.name, func(t *testing.T) {
			if err := keys.Verify(c.message, typ, set, &claims{}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("matches the names of claims with their case", func(t *testing.T) {
		var got claims
		message := sign(t, k, typ, json.RawMessage(`{"Count":9}`))
		if err := keys.Verify(message, typ, set, &got); err != nil || got.Count != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	set, err := keys.ParseSet(jwks(publicJWK))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.b.c")
	f.Add(part(`{"alg":"ES256","typ":"`+typ+`"}`) + "." + part(`{}`) + "." + part("x"))
	f.Fuzz(func(t *testing.T, message string) {
		if err := keys.Verify(message, typ, set, &claims{}); err == nil {
			t.Errorf("%q was taken for signed", message)
		}
	})
}
