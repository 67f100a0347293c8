package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// verifier is one and the same for all: what it protects lives for a moment.
const verifier = "a-verifier-for-the-bench-0123456789-0123456789"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// A program is the pod's client: one with a key and proofs, whose metadata
// document it hosts, or one that registered and has a secret.
type program struct {
	issuer string
	basic  string // name and secret of one that registered, as HTTP Basic has them
	server *httptest.Server
	assert jose.Signer
	proof  jose.Signer
	nonce  atomic.Value // the newest DPoP nonce
}

func newProgram(issuer string) (*program, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signing := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "bench"}}
	p := &program{issuer: issuer}
	p.nonce.Store("")
	if p.assert, err = jose.NewSigner(signing, (&jose.SignerOptions{}).WithType("client-authentication+jwt")); err != nil {
		return nil, err
	}
	// RFC 9449 §4.2: the key stands in the proof.
	signing.Key = key
	if p.proof, err = jose.NewSigner(signing, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt")); err != nil {
		return nil, err
	}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"client_id": p.id(), "redirect_uris": []string{p.callback()}, "token_endpoint_auth_method": "private_key_jwt",
			"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "bench", Use: "sig", Algorithm: "ES256"}}},
		})
	}))
	return p, nil
}

func (p *program) callback() string { return p.server.URL + "/callback" }

func (p *program) id() string {
	if id, _, registered := strings.Cut(p.basic, ":"); registered {
		return id
	}
	return p.server.URL + "/client.json"
}

// register makes it a client with a secret (RFC 7591).
func (p *program) register(ctx context.Context, endpoint string) error {
	body, err := json.Marshal(map[string]any{
		"redirect_uris": []string{p.callback()}, "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": []string{"authorization_code", "refresh_token"},
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || made.Secret == "" {
		return fmt.Errorf("registration answers %d without a secret", response.StatusCode)
	}
	p.basic = made.ID + ":" + made.Secret
	return nil
}

// prove adds what proves who asks: an assertion to the form (RFC 7523 §3), and a
// proof to the headers (RFC 9449 §4) with the newest nonce, which it answers too.
func (p *program) prove(form url.Values, address string) (http.Header, string, error) {
	if p.basic != "" {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(p.basic))}}, "", nil
	}
	now := time.Now()
	assertion, err := sign(p.assert, map[string]any{
		"iss": p.id(), "sub": p.id(), "aud": p.issuer, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if err != nil {
		return nil, "", err
	}
	form.Set("client_id", p.id())
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	nonce, _ := p.nonce.Load().(string)
	claims := map[string]any{"jti": rand.Text(), "htm": http.MethodPost, "htu": address, "iat": now.Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	proof, err := sign(p.proof, claims)
	return http.Header{"Dpop": {proof}}, nonce, err
}

func sign(signer jose.Signer, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
