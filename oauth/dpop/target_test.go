package dpop

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"net/url"
	"testing"
)

// es256 signs as RFC 7518 §3.4 has it.
func es256(t testing.TB, key *ecdsa.PrivateKey, input string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func TestSameTarget(t *testing.T) {
	for _, c := range []struct {
		htu, origin, asked string
		same               bool
	}{
		{"https://pod.example/a", "https://pod.example", "/a", true},
		{"https://pod.example/a?x#y", "https://pod.example", "/a?z", true},
		{"HTTPS://POD.example/a", "https://pod.example", "/a", true},
		{"https://pod.example:443/a", "https://pod.example", "/a", true},
		{"http://127.0.0.1:80/a", "http://127.0.0.1", "/a", true},
		{"https://pod.example:80/a", "https://pod.example", "/a", false},
		{"https://pod.example", "https://pod.example", "/", true},
		{"https://pod.example/%61%2e%5F", "https://pod.example", "/a._", true},
		{"https://pod.example/a%3ab", "https://pod.example", "/a%3Ab", true},
		{"https://pod.example/a%2Fb", "https://pod.example", "/a/b", false},
		{"https://pod.example/a%2fb", "https://pod.example", "/a%2Fb", true},
		{"https://pod.example/A", "https://pod.example", "/a", false},
		{"https://pod.example/a/", "https://pod.example", "/a", false},
		{"https://pod.example//a", "https://pod.example", "/a", false},
		{"https://pod.example/x/../a", "https://pod.example", "/a", false},
		{"https://user@pod.example/a", "https://pod.example", "/a", false},
		{"https://pod.example.evil.example/a", "https://pod.example", "/a", false},
		{"//pod.example/a", "https://pod.example", "/a", false},
		{"/a", "https://pod.example", "/a", false},
		{"https:pod.example/a", "https://pod.example", "/a", false},
		{"%", "https://pod.example", "/a", false},
		{"", "https://pod.example", "/a", false},
	} {
		asked, err := url.Parse(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameTarget(c.htu, c.origin, asked); got != c.same {
			t.Errorf("%s for %s%s: %v", c.htu, c.origin, c.asked, got)
		}
	}
}
