package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/dpop"
	"podmove/transfer"
)

// proofs checks proofs with the store's memory.
func (r *rig) proofs() *dpop.Checker {
	return &dpop.Checker{Origin: podOrigin, Secret: make([]byte, 32), Role: "resource", Once: r.store.AddUsed, Now: time.Now}
}

// handlerTransport sends requests to a handler.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// The conformance to RFC 9449 of what the transfer API does with tokens.
func TestProofs(t *testing.T) {
	r := newRig(t, storetest.SQLite)
	key, err := keys.Generate()
	must(t, err)
	other, err := keys.Generate()
	must(t, err)
	bound := r.token(t, toCopy, func(g *oauth.Grant) { g.Key = key.ID() })
	free := r.token(t, toCopy)
	prover := &dpop.Prover{Now: time.Now}
	send := func(method, authorization string, k keys.Key) *http.Response {
		t.Helper()
		request := httptest.NewRequestWithContext(t.Context(), method, podOrigin+"/transfer/v1", nil)
		request.Header.Set("Authorization", authorization)
		if k.ID() == "" {
			response, _ := handlerTransport{r.handler}.RoundTrip(request)
			return response
		}
		response, err := prover.RoundTrip(handlerTransport{r.handler}, request, k)
		must(t, err)
		return response
	}
	cases := []struct {
		name          string
		method        string
		authorization string
		key           keys.Key
		status        int
		challenge     string
	}{
		{"takes a bound token with a proof by its key", http.MethodGet, "DPoP " + bound, key, 200, ""},
		{"takes HEAD with a proof for HEAD", http.MethodHead, "DPoP " + bound, key, 200, ""},
		{"refuses a bound token as a bearer token", http.MethodGet, "Bearer " + bound, keys.Key{}, 401, "Bearer|invalid_token"},
		{"refuses a bound token as a bearer token with a proof", http.MethodGet, "Bearer " + bound, key, 401, "Bearer|invalid_token"},
		{"refuses a bound token with a proof by another key", http.MethodGet, "DPoP " + bound, other, 401, "DPoP|invalid_token"},
		{"refuses a bound token without a proof", http.MethodGet, "DPoP " + bound, keys.Key{}, 401, "DPoP|invalid_dpop_proof"},
		{"refuses a bearer token under the scheme DPoP", http.MethodGet, "DPoP " + free, key, 401, "DPoP|invalid_token"},
		{"takes a bearer token as one", http.MethodGet, "Bearer " + free, keys.Key{}, 200, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			response := send(c.method, c.authorization, c.key)
			scheme, code, _ := strings.Cut(c.challenge, "|")
			got := response.Header.Get("WWW-Authenticate")
			if response.StatusCode != c.status || !strings.HasPrefix(got, scheme) || !strings.Contains(got, code) {
				t.Errorf("got %d %q", response.StatusCode, got)
			}
			if response.Header.Get("DPoP-Nonce") == "" {
				t.Error("there is no nonce for the next proof")
			}
		})
	}
	t.Run("asks for the nonce where that is all that lacks", func(t *testing.T) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, podOrigin+"/transfer/v1", nil)
		request.Header.Set("Authorization", "DPoP "+bound)
		var statuses []int
		counting := roundTripper(func(r2 *http.Request) (*http.Response, error) {
			response, err := handlerTransport{r.handler}.RoundTrip(r2)
			statuses = append(statuses, response.StatusCode)
			return response, err
		})
		_, err := (&dpop.Prover{Now: time.Now}).RoundTrip(counting, request, key)
		if err != nil || len(statuses) != 2 || statuses[0] != 401 || statuses[1] != 200 {
			t.Errorf("got %v, %v", statuses, err)
		}
	})
	t.Run("tells who brings nothing both ways", func(t *testing.T) {
		w := r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, call{operation: "getIndex"})
		got := w.Header().Values("WWW-Authenticate")
		if len(got) != 2 || !strings.HasPrefix(got[0], "Bearer ") || !strings.HasPrefix(got[1], "DPoP ") || !strings.Contains(got[1], `algs="ES256`) {
			t.Errorf("got %q", got)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
