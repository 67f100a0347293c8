package keys_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"podmove/internal/keys"
)

// RFC 7517 appendix A.1, the P-256 key, and appendix A.2, its private half.
const (
	publicJWK  = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
	privateJWK = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}`
)

func jwks(members ...string) []byte {
	return []byte(`{"keys":[` + strings.Join(members, ",") + `]}`)
}

func with(jwk, members string) string {
	return strings.TrimSuffix(jwk, "}") + "," + members + "}"
}

func TestSetDocument(t *testing.T) {
	a, b := newKey(t), newKey(t)
	data, err := json.Marshal(keys.SetOf(a, b))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Keys []map[string]string }
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Keys) != 2 {
		t.Fatalf("%d keys", len(document.Keys))
	}
	first := document.Keys[0]
	for member, want := range map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": a.ID()} {
		if first[member] != want {
			t.Errorf("%s is %q, want %q", member, first[member], want)
		}
	}
	if _, private := first["d"]; private {
		t.Error("the document publishes the private key")
	}
	back, err := keys.ParseSet(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{a.ID(), b.ID()}
	slices.Sort(want)
	if !slices.Equal(back.Thumbprints(), want) {
		t.Errorf("thumbprints %v, want %v", back.Thumbprints(), want)
	}
}

func TestParseSet(t *testing.T) {
	rsa := `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"}`
	taken := []struct {
		name string
		data []byte
		want int
	}{
		{"takes a bare P-256 key", jwks(publicJWK), 1},
		{"passes over an RSA key", jwks(rsa, publicJWK), 1},
		{"passes over a kind of key that nobody knows", jwks(`{"kty":"AKP","x":"?"}`, publicJWK), 1},
		{"passes over a key for encryption", jwks(with(publicJWK, `"use":"enc"`), publicJWK), 1},
		{"passes over a key for another algorithm", jwks(with(publicJWK, `"alg":"ECDH-ES"`), publicJWK), 1},
	}
	for _, c := range taken {
		t.Run(c.name, func(t *testing.T) {
			set, err := keys.ParseSet(c.data)
			if err != nil || set.Len() != c.want {
				t.Errorf("%d keys, error %v; want %d", set.Len(), err, c.want)
			}
		})
	}
	refused := []struct {
		name string
		data []byte
	}{
		{"refuses a document that is no JSON", []byte("<html>")},
		{"refuses a document without keys", []byte(`{}`)},
		{"refuses a set without any ES256 key", jwks(rsa)},
		{"refuses a key that is off the curve", jwks(strings.Replace(publicJWK, `"y":"4`, `"y":"5`, 1))},
		{"refuses a set that publishes a private key", jwks(publicJWK, privateJWK)},
		{"refuses members that stand twice", []byte(`{"keys":[],"keys":[` + publicJWK + `]}`)},
		{"refuses too many keys", jwks(slices.Repeat([]string{publicJWK}, keys.MaxSetKeys+1)...)},
		{"refuses too many bytes", jwks(with(publicJWK, `"kid":"`+strings.Repeat("k", keys.MaxSetBytes)+`"`))},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			if _, err := keys.ParseSet(c.data); !errors.Is(err, keys.ErrSet) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestShares(t *testing.T) {
	a, b, c := newKey(t), newKey(t), newKey(t)
	if !keys.Shares(keys.SetOf(a, b), keys.SetOf(b, c)) {
		t.Error("sets with a key in common share none")
	}
	if keys.Shares(keys.SetOf(a), keys.SetOf(b, c)) {
		t.Error("sets with no key in common share one")
	}
	if keys.Shares(keys.Set{}, keys.Set{}) {
		t.Error("empty sets share a key")
	}
	t.Run("compares keys and not the names they are published under", func(t *testing.T) {
		one, err := keys.ParseSet(jwks(with(publicJWK, `"kid":"2025"`)))
		if err != nil {
			t.Fatal(err)
		}
		two, err := keys.ParseSet(jwks(with(publicJWK, `"kid":"2026"`)))
		if err != nil {
			t.Fatal(err)
		}
		if !keys.Shares(one, two) {
			t.Error("a renamed key is taken for another")
		}
	})
}

func FuzzParseSet(f *testing.F) {
	f.Add(jwks(publicJWK))
	f.Add(jwks(privateJWK))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := keys.ParseSet(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		back, err := keys.ParseSet(again)
		if err != nil || !slices.Equal(back.Thumbprints(), set.Thumbprints()) {
			t.Errorf("%s comes back as %v, %v", again, back.Thumbprints(), err)
		}
	})
}
