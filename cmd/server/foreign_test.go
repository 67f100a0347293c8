package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"podmove/api"
	"podmove/internal/config"
	"podmove/internal/peers"
	"podmove/oauth"
)

// tokenUses is how often a foreign pod takes an access token. After that it is
// worn, and has to be renewed.
const tokenUses = 5

// A foreign pod is an old pod whose provider others wrote: npm's oidc-provider,
// untouched. Its account, WebFinger, transfer API and old addresses are those of
// a pod that is open in this process.
type foreign struct {
	*testPod
	t        *testing.T
	client   *testPod // that people move to
	inner    *podServer
	rooms    rooms
	provider string // where oidc-provider listens
	heard    secrets
	demanded map[string]int // answers that ask for a nonce, by path
	proxy    *proxy         // its mutex holds those two

	mutex     sync.Mutex
	uses      map[string]int // of each access token
	withdrawn sync.Once      // in the middle of the posts
}

// newForeign opens one whose only client is another pod, which is up.
func newForeign(t *testing.T, dialect string, client *testPod) *foreign {
	t.Helper()
	f := &foreign{testPod: newPod(t, dialect), client: client, t: t, heard: secrets{}, demanded: map[string]int{}, uses: map[string]int{}}
	f.proxy = behind(t, f.testPod)
	f.proxy.seen = f.see
	f.fill(t, "ada", 20)
	f.addAccount(t, "bella")
	c := config.Default()
	c.Data, c.Database, c.PublicURL, c.PageItems = f.dir, f.database, f.URL, 5
	f.inner = openAs(t, c)
	var err error
	f.rooms, err = f.inner.rooms()
	f.must(err)
	signing := f.inner.signing.current().key
	secret, err := signing.Marshal()
	f.must(err)
	f.provider = peers.Start(t, "provider.mjs", map[string]any{
		"issuer": f.URL, "host": f.Host(), "client": client.URL + "/oauth/client.json", "key": secret, "kid": signing.ID(),
	}).Hear().URL
	f.listen()
	return f
}

func (f *foreign) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// see counts what oidc-provider, and the transfer API, asked nonces for.
func (f *foreign) see(response *http.Response, answer []byte) {
	f.heard.read(response, answer)
	if strings.Contains(string(answer)+response.Header.Get("WWW-Authenticate"), "use_dpop_nonce") {
		f.demanded[response.Request.URL.Path]++
	}
}

// listen serves where the proxy looks for the pod.
func (f *foreign) listen() {
	f.t.Helper()
	f.Release()
	l, err := net.Listen("tcp", f.Listen)
	f.must(err)
	s := httptest.NewUnstartedServer(f.front())
	s.Listener.Close()
	s.Listener = l
	s.Start()
	f.t.Cleanup(s.Close)
}

// front is the pod, with another provider.
func (f *foreign) front() http.Handler {
	to, err := url.Parse(f.provider)
	f.must(err)
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // so that its endpoints are at the issuer's origin
	}})
	for _, path := range []string{"/.well-known/webfinger", "/.well-known/oauth-protected-resource/", "/posts/"} {
		mux.Handle(path, f.inner.handler)
	}
	mux.Handle("/transfer/v1/", f.withdrawing(api.New(api.Options{Log: slog.New(slog.DiscardHandler), Groups: []api.Group{
		api.Transfers{Source: f.rooms.source, Tokens: f, Proofs: f.rooms.provider.Uses(), Origin: f.URL},
	}})))
	return mux
}

// withdrawing has the person take the permission back, once: when the first page
// of posts has been read.
func (f *foreign) withdrawing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cursor, ok := pageOf(r); ok && cursor != "" {
			f.withdrawn.Do(func() {
				_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				f.know(r.Context(), http.MethodDelete, token)
			})
		}
		next.ServeHTTP(w, r)
	})
}

// Introspect is oauth.Introspector. What a token is worth, and to whose key it is
// bound, only oidc-provider knows.
func (f *foreign) Introspect(ctx context.Context, token string) (oauth.Grant, error) {
	k := f.know(ctx, http.MethodGet, token)
	if !k.Active || k.Audience != f.URL+"/transfer/v1" || k.Key == "" || len(k.Details) != 1 || f.worn(token) {
		return oauth.Grant{}, oauth.ErrToken
	}
	a, err := f.inner.store.AccountNamed(ctx, k.Subject)
	if err != nil {
		return oauth.Grant{}, err
	}
	pinned, err := f.rooms.pins.Follow(ctx, k.Client)
	return oauth.Grant{
		ID: k.Grant, Account: a.GUID, Client: k.Client, Scopes: strings.Fields(k.Scope), Details: k.Details[0], Keys: pinned, Key: k.Key,
	}, err
}

// worn counts the uses of a token.
func (f *foreign) worn(token string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.uses[token]++
	return f.uses[token] > tokenUses
}

// known is what oidc-provider knows of a token.
type known struct {
	Active   bool
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Scope    string
	Key      string `json:"jkt"`
	Grant    string
	Client   string
	Details  []oauth.Details
}

func (f *foreign) know(ctx context.Context, method, token string) (k known) {
	r, err := http.NewRequestWithContext(ctx, method, f.provider+"/known-token", nil)
	if err != nil {
		f.t.Error(err)
		return k
	}
	r.Header.Set("X-Token", token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Error(err)
		return k
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&k); err != nil {
		f.t.Error(err)
	}
	return k
}

// handedOut are the secrets of a kind that were seen so far.
func (f *foreign) handedOut(what string) (list []string) {
	f.proxy.mutex.Lock()
	defer f.proxy.mutex.Unlock()
	for secret := range f.heard[what] {
		list = append(list, secret)
	}
	return list
}
