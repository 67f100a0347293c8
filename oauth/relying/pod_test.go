package relying_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/oauth/relying"
	"podmove/transfer"
)

const (
	home     = "http://127.0.0.1:4002" // the asking pod; nothing listens there
	clientID = home + "/oauth/client.json"
	callback = home + "/oauth/callback"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newKey(t testing.TB) keys.Key {
	k, err := keys.Generate()
	must(t, err)
	return k
}

// A document is JSON that a test may bend.
type document map[string]any

// A pod is an old pod by hand. Each of its answers can be bent.
type pod struct {
	t      testing.TB
	url    string
	key    keys.Key     // signs ID tokens
	client keys.Key     // of the asking pod
	proof  keys.Key     // that it makes its proofs with
	ahead  atomic.Int64 // of the clock, in nanoseconds

	serve    map[string]http.HandlerFunc // instead of what the path answers
	finger   document
	metadata document
	resource document
	keySet   any
	claims   document // of the ID token
	answer   document // of the token endpoint
	idToken  func(document) string

	mu      sync.Mutex
	asked   map[string]int // requests by path
	posted  map[string]url.Values
	jtis    map[string]bool
	access  string // the token that the transfer API takes
	refresh string // the one that can be used
}

func newPod(t testing.TB) *pod {
	p := &pod{t: t, key: newKey(t), client: newKey(t), proof: newKey(t), serve: map[string]http.HandlerFunc{},
		asked: map[string]int{}, posted: map[string]url.Values{}, jtis: map[string]bool{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.finger = document{"subject": "acct:" + p.id(), "links": []document{
		{"rel": "http://webfinger.net/rel/profile-page", "href": p.url + "/u/aurora"},
		{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": p.url},
	}}
	p.metadata = document{
		"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token",
		"pushed_authorization_request_endpoint": p.url + "/par", "revocation_endpoint": p.url + "/revoke", "jwks_uri": p.url + "/jwks",
		"code_challenge_methods_supported": []string{"S256"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}, "authorization_details_types_supported": []string{"account_transfer"},
		"authorization_response_iss_parameter_supported": true, "dpop_signing_alg_values_supported": []string{"ES256"},
	}
	p.resource = document{"resource": p.url + "/transfer/v1", "authorization_servers": []string{p.url}}
	p.keySet = p.key.Public()
	p.claims = document{"iss": p.url, "sub": "0123456789abcdef", "aud": clientID, "acct": p.id(),
		"exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "auth_time": time.Now().Unix()}
	p.answer = document{"token_type": "DPoP", "expires_in": 1800, "scope": "openid transfer:read transfer:move",
		"authorization_details": []document{p.details()}}
	p.idToken = func(c document) string { return p.sign(p.key, "JWT", c) }
	return p
}

func (p *pod) host() string { return strings.TrimPrefix(p.url, "http://") }
func (p *pod) id() string   { return "aurora@" + p.host() }

// now is the clock of both pods.
func (p *pod) now() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }

func (p *pod) details() document {
	return document{"type": "account_transfer", "purpose": "move", "limited": true, "destination": "aurora@127.0.0.1:4002",
		"collections": []string{"profile", "blocks", "posts", "photos"}}
}

func (p *pod) sign(k keys.Key, typ string, claims any) string {
	signed, err := keys.Sign(k, typ, claims)
	must(p.t, err)
	return signed
}

func (p *pod) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	if other := p.serve[r.URL.Path]; other != nil {
		other(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/webfinger":
		if r.FormValue("resource") != "acct:"+p.id() {
			http.NotFound(w, r)
			return
		}
		answer(w, 200, p.finger)
	case "/.well-known/openid-configuration":
		answer(w, 200, p.metadata)
	case "/.well-known/oauth-protected-resource/transfer/v1":
		answer(w, 200, p.resource)
	case "/jwks":
		answer(w, 200, p.keySet)
	case "/par", "/token", "/revoke":
		p.post(w, r)
	case "/transfer/v1", "/transfer/v1/transfers":
		p.api(w, r)
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, code string) { answer(w, 400, document{"error": code}) }

// post checks the client's proof, as each endpoint must.
func (p *pod) post(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	p.posted[r.URL.Path] = r.PostForm
	var c struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
		Aud     string `json:"aud"`
		ID      string `json:"jti"`
		Expires int64  `json:"exp"`
	}
	err := keys.Verify(r.PostForm.Get("client_assertion"), "client-authentication+jwt", p.client.Public(), &c)
	life := time.Unix(c.Expires, 0).Sub(p.now())
	if err != nil || c.Issuer != clientID || c.Subject != clientID || c.Aud != p.url || p.jtis[c.ID] || c.ID == "" || life < 0 || life > time.Minute {
		answer(w, 401, document{"error": "invalid_client"})
		return
	}
	p.jtis[c.ID] = true
	w.Header().Set("DPoP-Nonce", p.checker("token").Nonce())
	if thumbprint, err := p.checker("token").Check(r, ""); r.URL.Path == "/token" && (err != nil || thumbprint != p.posted["/par"].Get("dpop_jkt")) {
		refuse(w, cmp.Or(oauth.Challenge(err), "invalid_grant"))
		return
	}
	switch r.URL.Path {
	case "/par":
		answer(w, 201, document{"request_uri": "urn:ietf:params:oauth:request_uri:" + rand.Text(), "expires_in": 90})
	case "/token":
		p.token(w, r.PostForm)
	}
}

func (p *pod) token(w http.ResponseWriter, form url.Values) {
	switch form.Get("grant_type") {
	case "authorization_code":
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if form.Get("code") != "the code" || form.Get("redirect_uri") != callback ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != p.posted["/par"].Get("code_challenge") {
			refuse(w, "invalid_grant")
			return
		}
	case "refresh_token":
		if form.Get("refresh_token") != p.refresh {
			refuse(w, "invalid_grant")
			return
		}
	}
	p.access, p.refresh = rand.Text(), rand.Text()
	claims := document{"nonce": p.posted["/par"].Get("nonce")}
	for name, value := range p.claims {
		claims[name] = value
	}
	full := document{"access_token": p.access, "refresh_token": p.refresh, "id_token": p.idToken(claims)}
	for name, value := range p.answer {
		full[name] = value
	}
	answer(w, 200, full)
}

// api is a transfer API that answers with what it was sent.
func (p *pod) api(w http.ResponseWriter, r *http.Request) {
	_, err := p.checker("resource").Check(r, p.access)
	if p.access == "" || r.Header.Get("Authorization") != "DPoP "+p.access {
		err = oauth.ErrToken
	}
	w.Header().Set("DPoP-Nonce", p.checker("resource").Nonce())
	if err != nil {
		w.Header().Set("WWW-Authenticate", `DPoP error="`+oauth.Challenge(err)+`"`)
		answer(w, 401, document{"type": "urn:podmove:problem:token-invalid"})
		return
	}
	var body any
	json.NewDecoder(r.Body).Decode(&body)
	answer(w, 200, document{"sent": body})
}

// checker checks proofs of a role.
func (p *pod) checker(role string) *dpop.Checker {
	return &dpop.Checker{Origin: p.url, Secret: make([]byte, 32), Role: role, Now: p.now,
		Once: func(_ context.Context, id string, _ time.Time) (bool, error) {
			fresh := !p.jtis[id]
			p.jtis[id] = true
			return fresh, nil
		}}
}

// bend changes what the pod answers from now on.
func (p *pod) bend(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// instead lets something else answer at a path; nil ends that.
func (p *pod) instead(path string, h http.HandlerFunc) { p.bend(func() { p.serve[path] = h }) }

// forget makes the pod's access token unknown.
func (p *pod) forget() { p.bend(func() { p.access = "unknown" }) }

// takes says which refresh token is good.
func (p *pod) takes(refresh string) { p.bend(func() { p.refresh = refresh }) }

func (p *pod) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *pod) form(path string) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.posted[path]
}

// options are those of the asking pod.
func (p *pod) options() relying.Options {
	return relying.Options{
		Origin: home, ClientID: clientID, Callback: callback, Development: true,
		HTTP: outbound.New(outbound.Options{Development: true, Timeout: 5 * time.Second}),
		Sign: func(typ string, claims any) (string, error) { return keys.Sign(p.client, typ, claims) },
		Key:  func(context.Context, string) (keys.Key, error) { return p.proof, nil },
		Now:  p.now, Patience: 5 * time.Second, Again: 50 * time.Millisecond,
	}
}

func (p *pod) party() *relying.Party { return relying.New(p.options()) }

func (p *pod) ask() relying.Ask {
	return relying.Ask{ID: p.id(), Purpose: transfer.Move, Limited: true, Destination: "aurora@127.0.0.1:4002",
		Collections: transfer.Collections()}
}

func (p *pod) begin(party *relying.Party) relying.Started {
	p.t.Helper()
	started, err := party.Begin(context.Background(), p.ask())
	must(p.t, err)
	return started
}

// back is a good answer to a login.
func (p *pod) back(s relying.Started) url.Values {
	return url.Values{"code": {"the code"}, "state": {s.State}, "iss": {p.url}}
}

// agree goes through to the tokens.
func (p *pod) agree(party *relying.Party) relying.Granted {
	p.t.Helper()
	started := p.begin(party)
	granted, err := party.Finish(context.Background(), p.back(started), started.Secret)
	must(p.t, err)
	return granted
}

// wants compares an error's code, and looks for words in its message.
func wants(t testing.TB, err error, code transfer.Code, words string) {
	t.Helper()
	if transfer.CodeOf(err) != code || err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want %s with %q", err, code, words)
	}
}
