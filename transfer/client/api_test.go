package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"podmove/api"
	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/transfer"
	"podmove/transfer/client"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

// An old pod is the whole source: the transfer API over a real store.
type oldPod struct {
	*httptest.Server
	store  *store.Store
	blobs  *blob.Dir
	key    keys.Key
	grants map[string]oauth.Grant // by token
}

// Introspect makes the pod an oauth.Introspector.
func (p *oldPod) Introspect(_ context.Context, token string) (oauth.Grant, error) {
	g, ok := p.grants[token]
	if !ok {
		return g, oauth.ErrToken
	}
	return g, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newOldPod(t *testing.T, s *store.Store) *oldPod {
	t.Helper()
	p := &oldPod{store: s, grants: map[string]oauth.Grant{}}
	var err error
	p.key, err = keys.Generate()
	must(t, err)
	p.blobs, err = blob.OpenDir(t.TempDir(), time.Now)
	must(t, err)
	t.Cleanup(func() { p.blobs.Close() })
	p.Server = httptest.NewUnstartedServer(nil)
	origin := "http://" + p.Listener.Addr().String()
	gives := source.New(source.Options{
		Origin: origin, Records: s, Transfers: s, Blobs: p.blobs,
		Sign:   func(typ string, claims any) (string, error) { return keys.Sign(p.key, typ, claims) },
		Verify: func(context.Context, transfer.Pin, string, string, any) error { return nil },
		Raise:  func(context.Context, source.Transfer) error { return nil },
		Revoke: func(context.Context, string) error { return nil },
		Event:  s.Event, CursorKey: make([]byte, 32), Grace: time.Hour,
	})
	p.Config.Handler = api.New(api.Options{Log: slog.New(slog.DiscardHandler), Groups: []api.Group{
		api.Transfers{Source: gives, Tokens: p, Proofs: &dpop.Checker{Now: time.Now}, Origin: origin},
	}})
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// account makes an account that holds the fixture, and answers its GUID.
func (p *oldPod) account(t *testing.T, f transfertest.Fixture) string {
	t.Helper()
	a, err := p.store.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: f.Owner[:8], State: pod.Active, CreatedAt: time.UnixMilli(1),
	}, "", pod.NewGUID())
	must(t, err)
	w := p.store.Writer(store.Run{ID: rand.Text(), Account: a.ID, Issuer: "https://older.example", SourceAccount: f.Owner}, p.blobs)
	for _, e := range f.Entries[transfer.Photos] {
		must(t, w.Keep(t.Context(), transfer.Sum(f.Content[e.GUID]), int64(len(f.Content[e.GUID])), func(from int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(f.Content[e.GUID][from:])), nil
		}))
	}
	for _, c := range transfer.Collections() {
		_, err := w.Write(t.Context(), transfer.Page{Collection: c, Next: "1", Through: 1, CaughtUp: true, Entries: f.Entries[c]})
		must(t, err)
	}
	return a.GUID
}

// bearer adds a token to each request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// client opens a transfer of the account under a grant for all of it.
func (p *oldPod) client(t *testing.T, account string) *client.Client {
	t.Helper()
	jwks, err := json.Marshal(p.key.Public())
	must(t, err)
	details := oauth.Details{Type: oauth.DetailsType, Purpose: "copy", Limited: true, Destination: "aurora@new.example"}
	for _, c := range transfer.Collections() {
		details.Collections = append(details.Collections, string(c))
	}
	token := rand.Text()
	p.grants[token] = oauth.Grant{
		ID: token, Account: account, Client: "https://new.example/oauth/client.json", Keys: jwks,
		Scopes: []string{oauth.ScopeRead}, Details: details,
	}
	c, err := client.New(client.Options{
		HTTP: &http.Client{Transport: bearer(token)}, Base: p.URL + "/transfer/v1", Issuer: p.URL, Audience: "https://new.example",
		Verify: func(_ context.Context, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, p.key.Public(), claims)
		},
	})
	must(t, err)
	_, err = c.Open(t.Context(), transfer.Opening{
		Purpose: transfer.Copy, Collections: transfer.Collections(), Nonce: rand.Text(), Format: transfer.Format,
	})
	must(t, err)
	return c
}

// TestReaderOverTheAPI proves that the wire loses nothing: the client in front
// of the transfer API passes what every Reader must.
func TestReaderOverTheAPI(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newOldPod(t, s)
		transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
			return p.client(t, p.account(t, f))
		})
	})
}

func TestEndsOverTheAPI(t *testing.T) {
	p := newOldPod(t, storetest.Open(t, storetest.SQLite))
	account := p.account(t, transfertest.Made(transfertest.Aurora))
	t.Run("reads a token that is gone as such", func(t *testing.T) {
		c := p.client(t, account)
		clear(p.grants)
		_, err := c.Plan(t.Context())
		wantCode(t, err, transfer.TokenInvalid)
	})
	t.Run("cancels, and cannot read afterwards", func(t *testing.T) {
		c := p.client(t, account)
		plan, err := c.Cancel(t.Context())
		if err != nil || plan.State != transfer.Cancelled {
			t.Errorf("got %+v, %v", plan, err)
		}
		_, err = c.Page(t.Context(), transfer.Posts, "", 10)
		wantCode(t, err, transfer.TransferClosed)
	})
	t.Run("sends receipts", func(t *testing.T) {
		c := p.client(t, account)
		page, err := c.Page(t.Context(), transfer.Posts, "", 10)
		must(t, err)
		var list []transfer.Outcome
		for _, e := range page.Entries {
			list = append(list, transfer.Outcome{Collection: transfer.Posts, GUID: e.GUID, Digest: e.Digest, Result: transfer.Imported})
		}
		must(t, c.Receipts(t.Context(), list))
		plan, err := c.Plan(t.Context())
		must(t, err)
		for _, got := range plan.Collections {
			if got.Collection == transfer.Posts && (got.Read != 10 || got.Received != 10) {
				t.Errorf("the source counts %+v", got)
			}
		}
	})
}
