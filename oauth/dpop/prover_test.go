package dpop

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"podmove/oauth"
)

// resource answers with what it was sent, to who proves to hold a key.
func resource(t *testing.T) (address string, c *Checker, asked *atomic.Int64) {
	asked = new(atomic.Int64)
	m := &memory{seen: map[string]bool{}}
	c = &Checker{Secret: make([]byte, 32), Role: "resource", Once: m.once, Now: time.Now}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set(NonceHeader, c.Nonce())
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if _, err := c.Check(r, token); err != nil {
			w.Header().Set("WWW-Authenticate", `DPoP error="`+oauth.Challenge(err)+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, err.Error())
			return
		}
		io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	c.Origin = server.URL
	return server.URL, c, asked
}

func TestProver(t *testing.T) {
	address, c, asked := resource(t)
	key, p := newKey(t), &Prover{Now: time.Now}
	send := func(t *testing.T, r *http.Request) (int, string) {
		t.Helper()
		r.Header.Set("Authorization", "DPoP secret")
		response, err := p.RoundTrip(http.DefaultTransport, r, key)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body)
	}
	post := func(body io.Reader) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/page?cursor=1", body)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Run("asks once more for the first nonce, with the body", func(t *testing.T) {
		if status, body := send(t, post(strings.NewReader("hello"))); status != 200 || body != "hello" || asked.Load() != 2 {
			t.Errorf("got %d %q after %d requests", status, body, asked.Load())
		}
	})
	t.Run("uses the nonce that it knows", func(t *testing.T) {
		for range 3 {
			send(t, post(nil))
		}
		if asked.Load() != 5 {
			t.Errorf("%d requests", asked.Load())
		}
	})
	t.Run("does not send again what can be read once", func(t *testing.T) {
		c.Secret = []byte(strings.Repeat("x", 32))
		if status, _ := send(t, post(io.MultiReader(strings.NewReader("hello")))); status != 401 || asked.Load() != 6 {
			t.Errorf("got %d after %d requests", status, asked.Load())
		}
	})
	t.Run("does not ask for ever", func(t *testing.T) {
		asked := 0
		never := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set(NonceHeader, rand.Text())
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		defer never.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, never.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := send(t, r); status != 401 || asked != 2 {
			t.Errorf("got %d after %d requests", status, asked)
		}
	})
	t.Run("keeps the nonces of both roles apart", func(t *testing.T) {
		r := post(nil)
		if serverOf(r, "") == serverOf(r, "token") {
			t.Error("they are one")
		}
	})
	t.Run("leaves the request alone", func(t *testing.T) {
		r := post(nil)
		send(t, r)
		if r.Header.Get(Header) != "" {
			t.Error("it got a proof")
		}
	})
	t.Run("gives up with its request", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if response, err := p.RoundTrip(http.DefaultTransport, post(nil).WithContext(ctx), key); !errors.Is(err, context.Canceled) {
			response.Body.Close()
			t.Errorf("got %v", err)
		}
	})
}
