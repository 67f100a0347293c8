package relying_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/oauth/relying"
	"podmove/transfer"
)

const (
	browser = "one browser"
	person  = "0123456789abcdef0123456789abcdef"
)

// house is a pod with both sides of OpenID Connect.
type house struct {
	*provider.Provider
	url   string
	key   keys.Key
	ahead atomic.Int64 // of its clock, in nanoseconds
	live  http.Handler
}

func (h *house) host() string   { return strings.TrimPrefix(h.url, "http://") }
func (h *house) id() string     { return "aurora@" + h.host() }
func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func build(t *testing.T) *house {
	h := &house{key: newKey(t)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.live.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	h.url = server.URL
	set := func(context.Context) ([]byte, error) { return json.Marshal(h.key.Public()) }
	var err error
	h.Provider, err = provider.New(provider.Options{
		Issuer: h.url, Development: true, NonceSecret: []byte(strings.Repeat("n", 32)), Store: storetest.Open(t, storetest.SQLite),
		Secrets:     func(context.Context) ([][]byte, error) { return [][]byte{[]byte(strings.Repeat("s", 32))}, nil },
		Key:         func(context.Context) (keys.Key, error) { return h.key, nil },
		SigningKeys: set, ClientKeys: set, HTTP: outbound.New(outbound.Options{Development: true}), Now: h.now,
		Account: func(_ context.Context, guid string) (provider.Account, error) {
			return provider.Account{GUID: guid, ID: h.id(), Username: "aurora"}, nil
		},
	})
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", h.Handler())
	mux.HandleFunc("/.well-known/webfinger", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, document{"subject": "acct:" + h.id(), "links": []document{{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": h.url}}})
	})
	mux.HandleFunc("/transfer/v1", h.api)
	h.live = mux
	return h
}

func (h *house) api(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	grant, err := h.Introspect(r.Context(), token)
	if err == nil {
		err = oauth.CheckSender(h.Uses(), r, scheme, token, grant)
	}
	if err != nil {
		w.Header().Set("DPoP-Nonce", h.Uses().Nonce())
		w.Header().Set("WWW-Authenticate", `DPoP error="`+oauth.Challenge(err)+`"`)
		answer(w, 401, nil)
		return
	}
	answer(w, 200, grant.Details)
}

// decide is what the person does at the old pod.
func (h *house) decide(t *testing.T, address string, d provider.Decision) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	id, err := h.Begin(t.Context(), u.RawQuery, browser)
	must(t, err)
	to, err := h.Decide(t.Context(), id, browser, provider.Person{GUID: person, SignedInAt: h.now().Add(time.Millisecond)}, d)
	must(t, err)
	back, err := url.Parse(to)
	must(t, err)
	return back.Query()
}

// lossy loses answers of the token endpoint.
type lossy struct {
	next    http.RoundTripper
	lose    atomic.Bool
	refused func()
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil || r.URL.Path != "/oauth/token" {
		return response, err
	}
	if l.lose.CompareAndSwap(true, false) {
		response.Body.Close()
		return nil, errors.New("the cable was pulled")
	}
	if response.StatusCode != http.StatusOK {
		l.refused()
	}
	return response, nil
}

// Both sides of this program speak with each other.
func TestWithProvider(t *testing.T) {
	old, young := build(t), build(t)
	client := outbound.New(outbound.Options{Development: true})
	line := &lossy{next: client.Transport, refused: func() { old.ahead.Add(int64(6 * time.Second)) }}
	client.Transport = line
	ahead := time.Duration(0)
	party := relying.New(relying.Options{
		Origin: young.url, ClientID: young.url + provider.ClientPath, Callback: young.url + provider.CallbackPath, Development: true,
		HTTP: client, Sign: func(typ string, claims any) (string, error) { return keys.Sign(young.key, typ, claims) },
		Key:   func(context.Context, string) (keys.Key, error) { return young.key, nil },
		Again: 10 * time.Millisecond,
		Now:   func() time.Time { return time.Now().Add(ahead) },
	})
	ask := relying.Ask{ID: old.id(), Purpose: transfer.Move, Collections: transfer.Collections(), Limited: true, Destination: young.id()}
	begin := func(t *testing.T) relying.Started {
		t.Helper()
		started, err := party.Begin(t.Context(), ask)
		must(t, err)
		return started
	}

	t.Run("a person says no", func(t *testing.T) {
		started := begin(t)
		_, err := party.Finish(t.Context(), old.decide(t, started.URL, provider.Decision{}), started.Secret)
		wants(t, err, transfer.ConsentRefused, "refused")
	})

	started := begin(t)
	answer := old.decide(t, started.URL, provider.Decision{Allow: true, Collections: []string{"contacts"}, Choices: oauth.Choices{NoAddress: true}})
	granted, err := party.Finish(t.Context(), answer, started.Secret)
	must(t, err)
	t.Run("a person agrees to a part", func(t *testing.T) {
		if granted.Subject != person || granted.Account != old.id() || granted.Issuer != old.url {
			t.Errorf("got %+v", granted)
		}
		if !slices.Equal(granted.Collections, []transfer.Collection{transfer.Profiles, transfer.Blocks, transfer.Contacts}) {
			t.Errorf("got %v", granted.Collections)
		}
	})

	kept := &safe{data: granted.Tokens}
	visit := party.Client(client, kept)
	read := func() (int, error) {
		response, err := visit.Get(old.url + "/transfer/v1")
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
	works := func(t *testing.T) {
		t.Helper()
		if status, err := read(); status != 200 || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	}
	t.Run("the token reads", works)
	t.Run("the token is renewed", func(t *testing.T) {
		ahead = 29*time.Minute + 30*time.Second
		old.ahead.Store(int64(ahead))
		works(t)
		if kept.saves != 1 {
			t.Errorf("renewed %d times", kept.saves)
		}
	})
	t.Run("a renewal whose answer is lost ends nothing", func(t *testing.T) {
		ahead += 30 * time.Minute
		old.ahead.Store(int64(ahead))
		line.lose.Store(true)
		_, err := read()
		wants(t, err, transfer.PodUnreachable, "does not answer")
		works(t)
		if kept.saves != 2 {
			t.Errorf("renewed %d times", kept.saves)
		}
	})
	t.Run("a grant that was revoked asks for consent", func(t *testing.T) {
		must(t, party.Revoke(t.Context(), kept.data))
		_, err := read()
		wants(t, err, transfer.ConsentNeeded, "agree there once more")
	})
	t.Run("a code is good once", func(t *testing.T) {
		_, err := party.Finish(t.Context(), answer, started.Secret)
		wants(t, err, transfer.AnswerInvalid, "invalid_grant")
	})
}
