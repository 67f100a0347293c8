package dpop

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"podmove/internal/keys"
)

// Bounds on what servers say.
const (
	maxNonce   = 1 << 10 // bytes
	maxServers = 1000    // whose nonces are remembered
)

// A Prover sends requests with proofs. It remembers the nonces that servers ask
// for, and sends a request once more where a resource asked for another one. At
// an authorization server that is its caller's to do: other things in a request
// may be good once, too, and can have been used up. It is safe for concurrent
// use.
type Prover struct {
	Now func() time.Time

	mu     sync.Mutex
	nonces map[string]string
}

// RoundTrip sends a request through next, with a proof by the key. A request
// with "Authorization: DPoP …" is one to a resource, whose proof is for that
// token (RFC 9449 §7.1); one without is to an authorization server.
func (p *Prover) RoundTrip(next http.RoundTripper, r *http.Request, key keys.Key) (*http.Response, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), Scheme+" ")
	server := serverOf(r, token)
	used := p.nonce(server)
	first, err := p.proved(r, key, token, used)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	response, err := next.RoundTrip(first)
	if err != nil {
		return nil, err
	}
	fresh := p.learn(server, response)
	if fresh == "" || fresh == used || !wantsNonce(response) {
		return response, nil
	}
	second, ok := Again(r)
	if !ok {
		return response, nil
	}
	response.Body.Close()
	if second, err = p.proved(second, key, token, fresh); err != nil {
		return nil, err
	}
	response, err = next.RoundTrip(second)
	if err == nil {
		p.learn(server, response)
	}
	return response, err
}

// serverOf names whose nonces serve for a request. RFC 9449 §8.1, §9: those of
// an authorization server are none of a resource, be it at the same origin.
func serverOf(r *http.Request, token string) string {
	origin := r.URL.Scheme + "://" + r.URL.Host
	if token != "" {
		return origin + " resource"
	}
	return origin
}

// proved is the request with a proof.
func (p *Prover) proved(r *http.Request, key keys.Key, token, nonce string) (*http.Request, error) {
	target := *r.URL
	target.RawQuery, target.ForceQuery, target.Fragment, target.RawFragment = "", false, "", ""
	c := claims{
		ID: rand.Text(), Method: r.Method, Target: target.String(),
		IssuedAt: float64(p.Now().Unix()), Nonce: nonce,
	}
	if token != "" {
		c.Token = tokenHash(token)
	}
	proof, err := sign(key, c)
	if err != nil {
		return nil, err
	}
	own := r.Clone(r.Context()) // a RoundTripper leaves the request alone
	own.Header.Set(Header, proof)
	return own, nil
}

// sign makes a proof, with the public half of the key in it.
func sign(key keys.Key, c claims) (string, error) {
	private := key.Private()
	if private == nil {
		return "", errors.New("dpop: there is no key")
	}
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, options)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func (p *Prover) nonce(server string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nonces[server]
}

// learn remembers the nonce in an answer (RFC 9449 §8.2).
func (p *Prover) learn(server string, response *http.Response) string {
	nonce := response.Header.Get(NonceHeader)
	if nonce == "" || len(nonce) > maxNonce {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nonces == nil || len(p.nonces) >= maxServers {
		p.nonces = map[string]string{} // it is only a memory
	}
	p.nonces[server] = nonce
	return nonce
}

// wantsNonce reports whether a resource asks for another nonce (RFC 9449 §9).
func wantsNonce(response *http.Response) bool {
	challenges := strings.Join(response.Header.Values("WWW-Authenticate"), ",")
	return response.StatusCode == http.StatusUnauthorized && strings.Contains(challenges, NonceCode)
}

// Again is the same request once more, if its body can be had again.
func Again(r *http.Request) (*http.Request, bool) {
	own := r.Clone(r.Context())
	if r.Body == nil || r.Body == http.NoBody {
		return own, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	own.Body = body
	return own, err == nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
