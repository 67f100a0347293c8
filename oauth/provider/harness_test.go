package provider_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/dpop"
	"podmove/oauth/provider"
)

const (
	aurora  = "0123456789abcdef0123456789abcdef"
	admin   = "fedcba9876543210fedcba9876543210"
	gone    = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb"
	browser = "one browser"
)

// pod is a provider behind HTTP, with a clock that can be put forward.
type pod struct {
	*provider.Provider
	url   string
	store *store.Store
	key   keys.Key
	ahead atomic.Int64
	// secrets are what tokens are made and checked with, newest first.
	secrets atomic.Pointer[[][]byte]
}

func (p *pod) now() time.Time        { return time.Now().Add(time.Duration(p.ahead.Load())) }
func (p *pod) later(d time.Duration) { p.ahead.Add(int64(d)) }
func set(k keys.Key) ([]byte, error) { return json.Marshal(k.Public()) }
func key(t *testing.T) (k keys.Key)  { k, err := keys.Generate(); must(t, err); return k }
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newPod(t *testing.T, s *store.Store, change ...func(*provider.Options)) *pod {
	p := &pod{store: s, key: key(t)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Handler().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	p.url = server.URL
	p.secrets.Store(&[][]byte{[]byte(strings.Repeat("s", 32))})
	keySet := func(context.Context) ([]byte, error) { return set(p.key) }
	must(t, rebuild(p, func(o *provider.Options) {
		*o = provider.Options{
			Issuer: p.url, Development: true, NonceSecret: []byte(strings.Repeat("n", 32)), Store: s,
			Secrets:     func(context.Context) ([][]byte, error) { return *p.secrets.Load(), nil },
			Key:         func(context.Context) (keys.Key, error) { return p.key, nil },
			SigningKeys: keySet, ClientKeys: keySet,
			HTTP:    outbound.New(outbound.Options{Development: true, Timeout: 5 * time.Second}),
			Account: accounts, Now: p.now,
		}
		for _, c := range change {
			c(o)
		}
	}))
	return p
}

// rebuild makes the provider anew, with other options.
func rebuild(p *pod, change func(*provider.Options)) error {
	var o provider.Options
	if p.Provider != nil {
		o = p.Options
	}
	change(&o)
	var err error
	p.Provider, err = provider.New(o)
	return err
}

// sqlitePod is for tests that ask nothing of the database that differs.
func sqlitePod(t *testing.T) *pod { return newPod(t, storetest.Open(t, storetest.SQLite)) }

func accounts(_ context.Context, guid string) (provider.Account, error) {
	switch guid {
	case admin:
		return provider.Account{GUID: guid, ID: "root@old.example", Username: "root", Admin: true}, nil
	case gone:
		return provider.Account{GUID: guid, ID: "gone@old.example", Username: "gone", Moved: true, MovedTo: "gone@new.example"}, nil
	}
	return provider.Account{GUID: guid, ID: "aurora@old.example", Username: "aurora"}, nil
}

// party is a client by hand: a server with a metadata document, and a key.
type party struct {
	t        *testing.T
	pod      *pod
	url      string
	id       string
	key      keys.Key
	document map[string]any
	serve    http.HandlerFunc // instead of the document
	asked    atomic.Int64
	verifier string
	proof    keys.Key // that its tokens are bound to; the zero Key proves nothing
	prover   dpop.Prover
	secret   string // of one that registered
	token    string // its registration access token
}

func newParty(t *testing.T, p *pod) *party {
	c := &party{t: t, pod: p, key: key(t), proof: key(t), verifier: rand.Text() + rand.Text()}
	c.prover.Now = p.now
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		if c.serve != nil {
			c.serve(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(c.document)
	}))
	t.Cleanup(server.Close)
	c.url, c.id = server.URL, server.URL+"/oauth/client.json"
	c.document = map[string]any{
		"client_id": c.id, "client_name": "A new pod", "redirect_uris": []string{c.back()},
		"token_endpoint_auth_method": "private_key_jwt", "jwks": c.key.Public(),
	}
	return c
}

// public makes it a client without a key.
func (c *party) public() *party {
	c.document["token_endpoint_auth_method"] = "none"
	delete(c.document, "jwks")
	c.proof = keys.Key{}
	return c
}

func (c *party) back() string { return c.url + "/oauth/callback" }
func (c *party) host() string { return strings.TrimPrefix(c.url, "http://") }

// claims are those of a good client assertion.
func (c *party) claims() map[string]any {
	return map[string]any{
		"iss": c.id, "sub": c.id, "aud": c.pod.url, "jti": rand.Text(),
		"exp": c.pod.now().Add(time.Minute).Unix(), "iat": c.pod.now().Unix(),
	}
}

func (c *party) assertion(claims map[string]any) string {
	signed, err := keys.Sign(c.key, "JWT", claims)
	must(c.t, err)
	return signed
}

// auth adds the client's proof to a form.
func (c *party) auth(form url.Values) url.Values {
	form.Set("client_id", c.id)
	switch c.document["token_endpoint_auth_method"] {
	case "private_key_jwt":
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", c.assertion(c.claims()))
	case "client_secret_basic", "client_secret_post": // the first is put into the header by post
		form.Set("client_secret", c.secret)
	}
	return form
}

// request is a good pushed request for a whole move. Each begins at the true
// time: fosite's own clock cannot be put forward, and it refuses a sign-in from
// the future.
func (c *party) request() url.Values {
	c.pod.ahead.Store(0)
	sum := sha256.Sum256([]byte(c.verifier))
	return c.auth(url.Values{
		"response_type": {"code"}, "redirect_uri": {c.back()}, "state": {"state-of-the-login"}, "nonce": {"nonce-of-the-login"},
		"scope": {"openid transfer:read transfer:move"}, "prompt": {"login"}, "login_hint": {"aurora@old.example"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		"resource": {c.pod.url + "/transfer/v1"}, "authorization_details": {c.details("move")},
	})
}

// copying is a good pushed request for a copy.
func (c *party) copying() url.Values {
	form := c.request()
	form.Set("scope", "openid transfer:read")
	form.Set("authorization_details", c.details("copy"))
	return form
}

func (c *party) details(purpose string) string {
	return `[{"type":"account_transfer","purpose":"` + purpose + `","collections":["profile","blocks","aspects","contacts","posts","photos"],"limited":true,"destination":"aurora@` + c.host() + `"}]`
}

// answer is what an endpoint said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func (a answer) text(name string) string { s, _ := a.body[name].(string); return s }

// post sends a form with a proof, once more where the pod asks for a nonce.
func (c *party) post(path string, form url.Values) answer {
	c.t.Helper()
	a := c.postOnce(path, form)
	if a.text("error") == dpop.NonceCode {
		a = c.postOnce(path, form)
	}
	return a
}

func (c *party) postOnce(path string, form url.Values) answer {
	c.t.Helper()
	basic := c.document["token_endpoint_auth_method"] == "client_secret_basic"
	if basic {
		form = maps.Clone(form)
		form.Del("client_secret")
	}
	request, err := http.NewRequest(http.MethodPost, c.pod.url+path, strings.NewReader(form.Encode()))
	must(c.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		request.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	}
	return c.do(request)
}

// use asks for something with an access token and a proof.
func (c *party) use(method, path, token string) answer {
	c.t.Helper()
	request, err := http.NewRequest(method, c.pod.url+path, nil)
	must(c.t, err)
	request.Header.Set("Authorization", "DPoP "+token)
	return c.do(request)
}

// do sends a request, with a proof if there is a key to make it with.
func (c *party) do(request *http.Request) answer {
	c.t.Helper()
	send := http.DefaultTransport.RoundTrip
	if c.proof.ID() != "" {
		send = func(r *http.Request) (*http.Response, error) {
			return c.prover.RoundTrip(http.DefaultTransport, r, c.proof)
		}
	}
	response, err := send(request)
	must(c.t, err)
	return read(c.t, response)
}

// basic posts with a name and secret in the header (RFC 6749 §2.3.1).
func (c *party) basic(path string, form url.Values, id, secret string) answer {
	c.t.Helper()
	request, err := http.NewRequest(http.MethodPost, c.pod.url+path, strings.NewReader(form.Encode()))
	must(c.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	response, err := http.DefaultClient.Do(request)
	must(c.t, err)
	return read(c.t, response)
}

func send(t *testing.T, address, media, body string) answer {
	t.Helper()
	response, err := http.Post(address, media, strings.NewReader(body))
	must(t, err)
	return read(t, response)
}

func get(t *testing.T, address, token string) answer {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	must(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	return read(t, response)
}

func read(t *testing.T, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	must(t, err)
	a := answer{status: response.StatusCode, header: response.Header}
	json.Unmarshal(raw, &a.body) // 405 and the like have none
	return a
}

// push pushes a request that must be taken.
func (c *party) push(form url.Values) string {
	c.t.Helper()
	a := c.post("/oauth/par", form)
	if a.status != http.StatusCreated {
		c.t.Fatalf("pushed: %d %v", a.status, a.body)
	}
	return a.text("request_uri")
}

func (c *party) query(uri string) string {
	return url.Values{"client_id": {c.id}, "request_uri": {uri}}.Encode()
}

// begin pushes a request and begins its interaction.
func (c *party) begin(form url.Values) string {
	c.t.Helper()
	id, err := c.pod.Begin(c.t.Context(), c.query(c.push(form)), browser)
	must(c.t, err)
	return id
}

// everything is a person who ticks all there is.
func everything() provider.Decision {
	return provider.Decision{Allow: true, Limited: true,
		Collections: []string{"profile", "blocks", "aspects", "contacts", "posts", "photos"}}
}

func (p *pod) person() provider.Person {
	return provider.Person{GUID: aurora, SignedInAt: p.now().Add(time.Millisecond)}
}

// consent goes through to the code.
func (c *party) consent(form url.Values, d provider.Decision) string {
	c.t.Helper()
	to, err := c.pod.Decide(c.t.Context(), c.begin(form), browser, c.pod.person(), d)
	must(c.t, err)
	u, err := url.Parse(to)
	must(c.t, err)
	code := u.Query().Get("code")
	if code == "" {
		c.t.Fatalf("no code in %s", to)
	}
	return code
}

func (c *party) redemption(code string) url.Values {
	return c.auth(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.back()}, "code_verifier": {c.verifier}})
}

func (c *party) redeem(code string) answer { return c.post("/oauth/token", c.redemption(code)) }

func (c *party) refresh(token string) answer {
	return c.post("/oauth/token", c.auth(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}))
}

// tokens goes through to tokens.
func (c *party) tokens() answer {
	c.t.Helper()
	a := c.redeem(c.consent(c.request(), everything()))
	if a.status != http.StatusOK {
		c.t.Fatalf("tokens: %d %v", a.status, a.body)
	}
	return a
}

// want compares status and OAuth error.
func want(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("got %d %v, want %d %s", a.status, a.body, status, code)
	}
}
