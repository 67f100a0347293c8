package dpop

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"podmove/internal/keys"
	"podmove/oauth"
)

const origin = "https://pod.example"

// memory is what a database notes.
type memory struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (m *memory) once(_ context.Context, id string, _ time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := !m.seen[id]
	m.seen[id] = true
	return fresh, nil
}

func newChecker() *Checker {
	m := &memory{seen: map[string]bool{}}
	return &Checker{Origin: origin, Secret: []byte(strings.Repeat("s", 32)), Role: "resource", Once: m.once, Now: time.Now}
}

func newKey(t testing.TB) keys.Key {
	t.Helper()
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// good are the claims of a proof for GET /page with the token "secret".
func good(c *Checker) map[string]any {
	return map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": origin + "/page", "iat": c.Now().Unix(), "nonce": c.Nonce(), "ath": tokenHash("secret"),
	}
}

// proof signs anything in any way.
func proof(t testing.TB, key any, alg jose.SignatureAlgorithm, header map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{EmbedJWK: true}
	options.WithType(proofType)
	for name, value := range header {
		options.WithHeader(name, value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if text, ok := claims.(string); ok {
		payload = []byte(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ask(method, target string, proofs ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for _, p := range proofs {
		r.Header.Add(Header, p)
	}
	return r
}

// RFC 9449 §4.3, line by line.
func TestCheckRefuses(t *testing.T) {
	k := newKey(t)
	with := func(name string, value any) func(*Checker) []string {
		return func(c *Checker) []string {
			claims := good(c)
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
			return []string{proof(t, k.Private(), jose.ES256, nil, claims)}
		}
	}
	signedBy := func(key any, alg jose.SignatureAlgorithm, header map[jose.HeaderKey]any) func(*Checker) []string {
		return func(c *Checker) []string { return []string{proof(t, key, alg, header, good(c))} }
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(*Checker) []string{
		"no proof": func(*Checker) []string { return nil },
		"two proofs": func(c *Checker) []string {
			return []string{proof(t, k.Private(), jose.ES256, nil, good(c)), proof(t, k.Private(), jose.ES256, nil, good(c))}
		},
		"two proofs in one header": func(c *Checker) []string {
			one := proof(t, k.Private(), jose.ES256, nil, good(c))
			return []string{one + ", " + one}
		},
		"what is no JWT":    func(*Checker) []string { return []string{"a.b.c"} },
		"what is too large": func(*Checker) []string { return []string{strings.Repeat("a", maxProof+1)} },
		"no signature": func(c *Checker) []string {
			one := proof(t, k.Private(), jose.ES256, nil, good(c))
			return []string{one[:strings.LastIndex(one, ".")+1]}
		},
		"another message's signature": func(c *Checker) []string {
			a, b := proof(t, k.Private(), jose.ES256, nil, good(c)), proof(t, k.Private(), jose.ES256, nil, good(c))
			return []string{a[:strings.LastIndex(a, ".")] + b[strings.LastIndex(b, "."):]}
		},
		"the algorithm none": func(c *Checker) []string {
			one := strings.Split(proof(t, k.Private(), jose.ES256, nil, good(c)), ".")
			header, _ := base64.RawURLEncoding.DecodeString(one[0])
			one[0] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(header), "ES256", "none", 1)))
			return []string{one[0] + "." + one[1] + "."}
		},
		"a symmetric algorithm":              signedBy([]byte(strings.Repeat("k", 32)), jose.HS256, nil),
		"an algorithm that is not announced": signedBy(p384, jose.ES384, nil),
		"another type":                       signedBy(k.Private(), jose.ES256, map[jose.HeaderKey]any{"typ": "JWT"}),
		"no type":                            signedBy(k.Private(), jose.ES256, map[jose.HeaderKey]any{"typ": ""}),
		"an extension that must be known":    signedBy(k.Private(), jose.ES256, map[jose.HeaderKey]any{"crit": []string{"exp"}, "exp": 1}),
		"a private key in it": func(c *Checker) []string {
			private, err := json.Marshal(jose.JSONWebKey{Key: k.Private()})
			if err != nil {
				t.Fatal(err)
			}
			return []string{byHand(t, k, `{"alg":"ES256","typ":"dpop+jwt","jwk":`+string(private)+`}`, good(c))}
		},
		"no key in it":           func(c *Checker) []string { return []string{byHand(t, k, `{"alg":"ES256","typ":"dpop+jwt"}`, good(c))} },
		"no jti":                 with("jti", nil),
		"an empty jti":           with("jti", ""),
		"a jti that is huge":     with("jti", strings.Repeat("x", maxID+1)),
		"a jti that is a number": with("jti", 7),
		"no method":              with("htm", nil),
		"another method":         with("htm", "POST"),
		"a method in lower case": with("htm", "get"),
		"no address":             with("htu", nil),
		"another path":           with("htu", origin+"/pages"),
		"another host":           with("htu", "https://evil.example/page"),
		"another scheme":         with("htu", "http://pod.example/page"),
		"another port":           with("htu", origin+":8443/page"),
		"no time":                with("iat", nil),
		"a time long ago":        with("iat", time.Now().Add(-maxSkew-time.Minute).Unix()),
		"a time far ahead":       with("iat", time.Now().Add(maxSkew+time.Minute).Unix()),
		"a time beyond numbers":  with("iat", 1e300),
		"no token hash":          with("ath", nil),
		"another token's hash":   with("ath", tokenHash("another")),
		"claims that stand twice": func(c *Checker) []string {
			return []string{proof(t, k.Private(), jose.ES256, nil, `{"jti":"a","jti":"b","htm":"GET","htu":"`+origin+`/page","iat":1}`)}
		},
		"claims that are none": func(c *Checker) []string { return []string{proof(t, k.Private(), jose.ES256, nil, "[]")} },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			c := newChecker()
			if _, err := c.Check(ask("GET", "/page", make(c)...), "secret"); !errors.Is(err, oauth.ErrProof) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// byHand signs under a header as it stands.
func byHand(t *testing.T, k keys.Key, header string, claims any) string {
	t.Helper()
	raw := proof(t, k.Private(), jose.ES256, nil, claims)
	parts := strings.Split(raw, ".")
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1]
	return input + "." + base64.RawURLEncoding.EncodeToString(es256(t, k.Private(), input))
}

func TestCheckTakes(t *testing.T) {
	k := newKey(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := jose.JSONWebKey{Key: public}
	edPrint, err := thumbprint(&ed)
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker()
	for name, one := range map[string]struct {
		proof string
		want  string
	}{
		"ES256": {proof(t, k.Private(), jose.ES256, nil, good(c)), k.ID()},
		"EdDSA": {proof(t, private, jose.EdDSA, nil, good(c)), edPrint},
	} {
		t.Run("takes "+name+" and says whose key it is", func(t *testing.T) {
			if got, err := c.Check(ask("GET", "/page?query=1", one.proof), "secret"); err != nil || got != one.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	t.Run("does not believe the Host header", func(t *testing.T) {
		claims := good(c)
		claims["htu"] = "https://evil.example/page"
		r := ask("GET", "https://evil.example/page", proof(t, k.Private(), jose.ES256, nil, claims))
		if _, err := c.Check(r, "secret"); !errors.Is(err, oauth.ErrProof) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("asks for no token hash where there is no token", func(t *testing.T) {
		claims := good(c)
		delete(claims, "ath")
		if _, err := c.Check(ask("GET", "/page", proof(t, k.Private(), jose.ES256, nil, claims)), ""); err != nil {
			t.Error(err)
		}
	})
}

func TestReplay(t *testing.T) {
	k, other := newKey(t), newKey(t)
	one := newChecker()
	replica := &Checker{Origin: one.Origin, Secret: one.Secret, Role: one.Role, Once: one.Once, Now: one.Now}
	claims := good(one)
	used := proof(t, k.Private(), jose.ES256, nil, claims)
	check := func(c *Checker, p string) error {
		_, err := c.Check(ask("GET", "/page", p), "secret")
		return err
	}
	if err := check(one, used); err != nil {
		t.Fatal(err)
	}
	t.Run("refuses a proof that was used", func(t *testing.T) {
		if err := check(one, used); !errors.Is(err, oauth.ErrProof) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses it at another replica", func(t *testing.T) {
		if err := check(replica, used); !errors.Is(err, oauth.ErrProof) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses its jti in another proof by the same key", func(t *testing.T) {
		if err := check(one, proof(t, k.Private(), jose.ES256, nil, claims)); !errors.Is(err, oauth.ErrProof) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("lets nobody use up the jti of another key", func(t *testing.T) {
		if err := check(one, proof(t, other.Private(), jose.ES256, nil, claims)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a proof that was refused is not used up", func(t *testing.T) {
		claims := good(one)
		p := proof(t, k.Private(), jose.ES256, nil, claims)
		if _, err := one.Check(ask("POST", "/page", p), "secret"); err == nil {
			t.Fatal("it was taken for another method")
		}
		if err := check(one, p); err != nil {
			t.Error(err)
		}
	})
}

func TestNonce(t *testing.T) {
	k, now := newKey(t), time.Now()
	c := newChecker()
	c.Now = func() time.Time { return now }
	check := func(nonce any) error {
		claims := good(c)
		claims["nonce"] = nonce
		_, err := c.Check(ask("GET", "/page", proof(t, k.Private(), jose.ES256, nil, claims)), "secret")
		return err
	}
	old := c.Nonce()
	for name, nonce := range map[string]any{"none": "", "one that was made up": strings.Repeat("A", len(old))} {
		t.Run("asks for a nonce where there is "+name, func(t *testing.T) {
			if err := check(nonce); !errors.Is(err, oauth.ErrNonce) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("takes one nonce in many proofs for three minutes", func(t *testing.T) {
		for range 4 {
			if err := check(old); err != nil {
				t.Errorf("got %v", err)
			}
			now = now.Add(time.Minute)
		}
	})
	t.Run("refuses one that is five minutes old", func(t *testing.T) {
		now = now.Add(time.Minute)
		if err := check(old); !errors.Is(err, oauth.ErrNonce) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("takes one of a replica whose clock is ahead", func(t *testing.T) {
		ahead := *c
		ahead.Now = func() time.Time { return now.Add(nonceStep) }
		if err := check(ahead.Nonce()); err != nil {
			t.Error(err)
		}
	})
	t.Run("refuses one of another role, and of another pod", func(t *testing.T) {
		role, pod := *c, *c
		role.Role, pod.Secret = "token", []byte(strings.Repeat("x", 32))
		for _, other := range []*Checker{&role, &pod} {
			if err := check(other.Nonce()); !errors.Is(err, oauth.ErrNonce) {
				t.Errorf("got %v", err)
			}
		}
	})
}
