package dpop

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"podmove/oauth"
)

// A stranger sends what it likes: it is taken or refused, and nothing else.
func FuzzProof(f *testing.F) {
	c, k := newChecker(), newKey(f)
	f.Add(proof(f, k.Private(), jose.ES256, nil, good(c)), "/page", "secret")
	f.Add("a.b.c", "/", "")
	f.Add("eyJhbGciOiJFUzI1NiIsInR5cCI6ImRwb3Arand0IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiIiwieSI6IiJ9fQ.e30.AA", "/%2f", "x")
	f.Fuzz(func(t *testing.T, text, path, token string) {
		r := ask("GET", "/page", text)
		r.URL.Path = path
		thumbprint, err := c.Check(r, token)
		if err == nil && len(thumbprint) != 43 || err != nil && !errors.Is(err, oauth.ErrProof) && !errors.Is(err, oauth.ErrNonce) {
			t.Errorf("got %q, %v", thumbprint, err)
		}
	})
}

// FuzzSignedProof puts what a stranger likes under a good signature, since no
// fuzzer makes one: $jwk, $nonce, $ath, $now and $htu stand for what only this
// run knows. What is taken is of this key, this request and this moment, and is
// taken once; nothing else is taken under the same signature.
func FuzzSignedProof(f *testing.F) {
	k := newKey(f)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: k.Private().Public()})
	if err != nil {
		f.Fatal(err)
	}
	const header, htu = `{"alg":"ES256","typ":"dpop+jwt","jwk":$jwk}`, origin + "/page"
	for _, claims := range []string{
		`{"jti":"a","htm":"GET","htu":"$htu","iat":$now,"nonce":"$nonce","ath":"$ath"}`,
		`{"jti":"a","jti":"b","htm":"GET","htu":"https://pod.example:443/p%61ge?q#f","iat":1.5e9,"nonce":"$nonce","ath":"$ath"}`,
		`{"jti":7,"htm":"get","iat":1e300}`, `[]`,
	} {
		f.Add(header, claims, `{"jti":"b"}`)
	}
	f.Add(`{"alg":"ES256","typ":"dpop+jwt","kid":"x","crit":["exp"],"exp":1,"jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, `{}`, ``)
	f.Fuzz(func(t *testing.T, header, claims, other string) {
		c := newChecker()
		fill := strings.NewReplacer("$jwk", string(jwk), "$nonce", c.Nonce(), "$ath", tokenHash("secret"), "$htu", htu, "$now", strconv.FormatInt(c.Now().Unix(), 10))
		header, claims, other = fill.Replace(header), fill.Replace(claims), fill.Replace(other)
		input := encoded(header) + "." + encoded(claims)
		signature := base64.RawURLEncoding.EncodeToString(es256(t, k.Private(), input))
		check := func(claims string) (string, error) {
			print, err := c.Check(ask("GET", htu, encoded(header)+"."+encoded(claims)+"."+signature), "secret")
			if err != nil && !errors.Is(err, oauth.ErrProof) && !errors.Is(err, oauth.ErrNonce) {
				t.Fatalf("%s %s: %v", header, claims, err)
			}
			return print, err
		}
		if other != claims {
			if _, err := check(other); !errors.Is(err, oauth.ErrProof) {
				t.Fatalf("%s is taken under the signature of %s: %v", other, claims, err)
			}
		}
		print, err := check(claims)
		if err != nil {
			return
		}
		if print != k.ID() || !meantHere(c, claims) {
			t.Fatalf("%s %s is taken for %s", header, claims, print)
		}
		if _, err := check(claims); !errors.Is(err, oauth.ErrProof) {
			t.Fatalf("%s is taken twice: %v", claims, err)
		}
	})
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// meantHere reads claims once more, in another way.
func meantHere(c *Checker, text string) bool {
	var got map[string]any
	if json.Unmarshal([]byte(text), &got) != nil {
		return false
	}
	id, _ := got["jti"].(string)
	at, _ := got["iat"].(float64)
	off := c.Now().Sub(time.Unix(int64(at), 0)).Abs()
	return id != "" && len(id) <= maxID && off <= maxSkew && got["htm"] == "GET" && got["nonce"] == c.Nonce() && got["ath"] == tokenHash("secret")
}
