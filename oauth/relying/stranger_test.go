package relying_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/internal/peers"
	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/oauth/relying"
	"podmove/transfer"
)

// A stranger is a pod whose provider others wrote, npm's oidc-provider, behind
// the little that is a pod's own: WebFinger and the transfer API.
type stranger struct {
	t        *testing.T
	url      string
	provider string // where oidc-provider listens
	proofs   *dpop.Checker

	home  string // the asking pod
	key   keys.Key
	proof keys.Key
	backs chan url.Values // what the browser brings back to it

	mutex   sync.Mutex
	refused map[string]int // answers use_dpop_nonce, by path
	jtis    map[string]bool
	worn    string // an access token that the transfer API takes no more
}

// newStranger starts one that knows the asking pod.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	s := &stranger{
		t: t, key: newKey(t), proof: newKey(t), backs: make(chan url.Values, 1),
		refused: map[string]int{}, jtis: map[string]bool{},
	}
	home := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { s.backs <- r.URL.Query() }))
	front := httptest.NewServer(s.front())
	t.Cleanup(home.Close)
	t.Cleanup(front.Close)
	s.home, s.url = home.URL, front.URL
	s.proofs = &dpop.Checker{Origin: s.url, Secret: make([]byte, 32), Role: "resource", Once: s.once, Now: time.Now}
	s.provider = peers.Start(t, "provider.mjs", document{
		"issuer": s.url, "host": s.host(),
		"client": document{
			"client_id": s.home + "/oauth/client.json", "redirect_uris": []string{s.home + "/oauth/callback"}, "jwks": s.key.Public(),
		},
	}).Hear().URL
	return s
}

func (s *stranger) host() string { return strings.TrimPrefix(s.url, "http://") }
func (s *stranger) id() string   { return "aurora@" + s.host() }

func (s *stranger) front() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, err := url.Parse(s.provider)
			must(s.t, err)
			r.SetURL(to)
			r.Out.Host = r.In.Host // so that its endpoints are at the issuer's origin
		},
		ModifyResponse: s.count,
	}
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.HandleFunc("/.well-known/webfinger", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, document{"subject": r.FormValue("resource"), "links": []document{{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": s.url}}})
	})
	mux.HandleFunc("/.well-known/oauth-protected-resource/transfer/v1", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, document{"resource": s.url + "/transfer/v1", "authorization_servers": []string{s.url}})
	})
	mux.HandleFunc("/transfer/v1", s.api)
	return mux
}

// count notes where the provider asked for a nonce.
func (s *stranger) count(r *http.Response) error {
	if r.StatusCode != http.StatusBadRequest && r.StatusCode != http.StatusUnauthorized {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.Contains(string(body), "use_dpop_nonce") {
		s.demand(r.Request.URL.Path)
	}
	return err
}

func (s *stranger) demand(path string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.refused[path]++
}

func (s *stranger) demanded(path string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.refused[path]
}

// wearing answers the token that is taken no more, and sets it if one is given.
func (s *stranger) wearing(token string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if token != "" {
		s.worn = token
	}
	return s.worn
}

func (s *stranger) once(_ context.Context, id string, _ time.Time) (bool, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	fresh := !s.jtis[id]
	s.jtis[id] = true
	return fresh, nil
}

// api is a transfer API that answers whose account a token is for. What the
// token is worth, and to whose key it is bound, only the provider knows.
func (s *stranger) api(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	grant, err := s.introspect(token)
	if err == nil && token == s.wearing("") {
		err = oauth.ErrToken
	}
	if err == nil {
		err = oauth.CheckSender(s.proofs, r, scheme, token, grant)
	}
	w.Header().Set(dpop.NonceHeader, s.proofs.Nonce())
	if err != nil {
		if oauth.Challenge(err) == dpop.NonceCode {
			s.demand(r.URL.Path)
		}
		w.Header().Set("WWW-Authenticate", `DPoP error="`+oauth.Challenge(err)+`"`)
		answer(w, 401, document{})
		return
	}
	answer(w, 200, document{"account": grant.Account})
}

func (s *stranger) introspect(token string) (oauth.Grant, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.provider+"/known-token", nil)
	must(s.t, err)
	r.Header.Set("X-Token", token)
	response, err := http.DefaultClient.Do(r)
	must(s.t, err)
	defer response.Body.Close()
	var told struct {
		Active   bool
		Audience string `json:"aud"`
		Subject  string `json:"sub"`
		Scope    string
		Key      string `json:"jkt"`
	}
	must(s.t, json.NewDecoder(response.Body).Decode(&told))
	if !told.Active || told.Audience != s.url+"/transfer/v1" || told.Key == "" {
		return oauth.Grant{}, oauth.ErrToken
	}
	return oauth.Grant{Account: told.Subject, Key: told.Key, Scopes: strings.Fields(told.Scope)}, nil
}

func (s *stranger) party() *relying.Party {
	return relying.New(relying.Options{
		Origin: s.home, ClientID: s.home + "/oauth/client.json", Callback: s.home + "/oauth/callback", Development: true,
		HTTP:  outbound.New(outbound.Options{Development: true, Timeout: 10 * time.Second}),
		Sign:  func(typ string, claims any) (string, error) { return keys.Sign(s.key, typ, claims) },
		Key:   func(context.Context, string) (keys.Key, error) { return s.proof, nil },
		Again: 50 * time.Millisecond,
	})
}

// agree is what the person does on the provider's own pages.
func (s *stranger) agree(address, name string) url.Values {
	s.t.Helper()
	page, err := demo.NewBrowser().Open(s.t.Context(), address)
	must(s.t, err)
	page, err = page.Fill(s.t.Context(), "/interaction/", map[string]string{"login": name, "password": "any will do"})
	must(s.t, err)
	_, err = page.Fill(s.t.Context(), "/interaction/", nil)
	must(s.t, err)
	return <-s.backs
}

// TestOIDCProvider moves away from a pod whose provider others wrote, certified
// and untouched: npm's oidc-provider, which demands DPoP with nonces of its own.
func TestOIDCProvider(t *testing.T) {
	s := newStranger(t)
	party := s.party()
	ask := relying.Ask{ID: s.id(), Purpose: transfer.Move, Collections: transfer.Collections(), Destination: "aurora@" + strings.TrimPrefix(s.home, "http://")}

	peer, err := party.Resolve(t.Context(), s.id())
	must(t, err)
	t.Run("it is found, and has all that a pod needs", func(t *testing.T) {
		if peer.Issuer != s.url {
			t.Errorf("got %+v", peer)
		}
	})

	started, err := party.Begin(t.Context(), ask)
	must(t, err)
	granted, err := party.Finish(t.Context(), s.agree(started.URL, "aurora"), started.Secret)
	must(t, err)
	t.Run("a person agrees", func(t *testing.T) {
		if granted.Subject != "aurora" || granted.Account != s.id() || granted.Issuer != s.url || len(granted.Collections) != len(ask.Collections) {
			t.Errorf("got %+v", granted)
		}
	})
	t.Run("it demanded a nonce of its own", func(t *testing.T) {
		if s.demanded("/request")+s.demanded("/token") == 0 {
			t.Errorf("it asked for nonces at %v", s.refused)
		}
	})
	t.Run("the account of another than the one typed is refused, and its tokens are given back", func(t *testing.T) {
		started, err := party.Begin(t.Context(), ask)
		must(t, err)
		_, err = party.Finish(t.Context(), s.agree(started.URL, "bella"), started.Secret)
		wants(t, err, transfer.IdentityDiffers, "bella@")
	})

	kept := &safe{data: granted.Tokens}
	visit := party.Client(s.party().HTTP, kept)
	works := func(t *testing.T) {
		t.Helper()
		response, err := visit.Get(s.url + "/transfer/v1")
		must(t, err)
		defer response.Body.Close()
		var told document
		must(t, json.NewDecoder(response.Body).Decode(&told))
		if response.StatusCode != 200 || told["account"] != "aurora" {
			t.Errorf("got %d, %v", response.StatusCode, told)
		}
	}
	t.Run("the token reads, with the nonce of the transfer API", func(t *testing.T) {
		works(t)
		if s.demanded("/transfer/v1") == 0 {
			t.Error("the transfer API did not ask for a nonce")
		}
	})
	t.Run("the tokens are renewed", func(t *testing.T) {
		var old struct{ Access string }
		must(t, json.Unmarshal(kept.data, &old))
		s.wearing(old.Access)
		works(t)
		if kept.saves != 1 {
			t.Errorf("renewed %d times", kept.saves)
		}
	})
	t.Run("tokens that were given back ask for consent", func(t *testing.T) {
		must(t, party.Revoke(t.Context(), kept.data))
		_, err := visit.Get(s.url + "/transfer/v1")
		wants(t, err, transfer.ConsentNeeded, "agree there once more")
	})
}
