package dpop

import (
	"errors"
	"testing"

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
