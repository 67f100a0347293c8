package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/client"
	"podmove/transfer/transfertest"
)

// withToken adds a token to each request.
type withToken string

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(w))
	return http.DefaultTransport.RoundTrip(r)
}

// TestReaderOverHTTP proves that the wire loses nothing: the client at its far
// end passes what every Reader must.
func TestReaderOverHTTP(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			r := newRig(t, dialect)
			server := httptest.NewServer(r.handler)
			t.Cleanup(server.Close)
			transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
				account := r.account
				if f.Owner != r.fixture.Owner {
					account = addAccount(t, r.store, "borealis")
					r.fill(t, account, f)
				}
				return r.reader(t, server.URL, r.token(t, func(g *oauth.Grant) { g.Account = account.GUID }))
			})
		})
	}
}

// reader opens a transfer from the far end of the wire.
func (r *rig) reader(t *testing.T, url, token string) transfer.Reader {
	t.Helper()
	nonce := rand.Text()
	c, err := client.New(client.Options{
		HTTP: &http.Client{Transport: withToken(token)}, Base: url + "/transfer/v1", Issuer: podOrigin, Audience: newPod, Nonce: nonce,
		Verify: func(_ context.Context, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, r.ours.Public(), claims)
		},
	})
	must(t, err)
	_, err = c.Open(t.Context(), transfer.Opening{Purpose: transfer.Move, Nonce: nonce, Format: transfer.Format})
	must(t, err)
	return c
}
