package relying_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/transfer"
)

// safe keeps one grant's tokens in memory.
type safe struct {
	mu     sync.Mutex
	data   []byte
	saves  int
	broken error
}

func (s *safe) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data, nil
}

func (s *safe) Save(_ context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	s.data, s.saves = data, s.saves+1
	return nil
}

// A visit is a client of an old pod's transfer API.
type visit struct {
	*pod
	party *relying.Party
	safe  *safe
	http  *http.Client
}

func newVisit(t *testing.T, bend func(*relying.Options)) *visit {
	v := &visit{pod: newPod(t)}
	o := v.options()
	if bend != nil {
		bend(&o)
	}
	v.party = relying.New(o)
	v.safe = &safe{data: v.agree(v.party).Tokens}
	v.http = v.another()
	return v
}

// another is what a second process has.
func (v *visit) another() *http.Client {
	return v.party.Client(outbound.New(outbound.Options{Development: true}), v.safe)
}

func (v *visit) get(client *http.Client) (int, error) {
	response, err := client.Get(v.url + "/transfer/v1")
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

func (v *visit) works(t *testing.T) {
	t.Helper()
	if status, err := v.get(v.http); status != 200 || err != nil {
		t.Errorf("got %d, %v", status, err)
	}
}

func TestClient(t *testing.T) {
	v := newVisit(t, nil)
	t.Run("adds the token", func(t *testing.T) { v.works(t) })
	t.Run("does not renew what is good", func(t *testing.T) {
		if v.safe.saves != 0 || v.count("/token") != 1 {
			t.Errorf("renewed %d times", v.count("/token")-1)
		}
	})
	t.Run("renews before the token expires", func(t *testing.T) {
		v.ahead.Store(int64(29*time.Minute + 30*time.Second))
		v.works(t)
		if v.safe.saves != 1 {
			t.Errorf("saved %d times", v.safe.saves)
		}
	})
	t.Run("renews once where the token is refused, and sends the body again", func(t *testing.T) {
		v.forget()
		response, err := v.http.Post(v.url+"/transfer/v1/transfers", "application/json", strings.NewReader(`"hello"`))
		must(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		must(t, err)
		if response.StatusCode != 200 || !strings.Contains(string(body), "hello") || v.safe.saves != 2 {
			t.Errorf("got %d %s, saved %d times", response.StatusCode, body, v.safe.saves)
		}
	})
	t.Run("does not send again what can be read once", func(t *testing.T) {
		v.forget()
		once := io.MultiReader(strings.NewReader(`"hello"`))
		response, err := v.http.Post(v.url+"/transfer/v1/transfers", "application/json", once)
		must(t, err)
		response.Body.Close()
		if response.StatusCode != 401 {
			t.Errorf("got %d", response.StatusCode)
		}
	})
	t.Run("gives a second refusal to its caller", func(t *testing.T) {
		v.instead("/transfer/v1", func(w http.ResponseWriter, _ *http.Request) { answer(w, 401, nil) })
		defer v.instead("/transfer/v1", nil)
		before := v.count("/token")
		if status, err := v.get(v.http); status != 401 || err != nil || v.count("/token") != before+1 {
			t.Errorf("got %d, %v after %d renewals", status, err, v.count("/token")-before)
		}
	})
	t.Run("sends another proof where one is refused, and the same token", func(t *testing.T) {
		refused := 0
		v.instead("/transfer/v1", func(w http.ResponseWriter, r *http.Request) {
			if refused++; refused < 3 {
				w.Header().Set("WWW-Authenticate", `DPoP error="invalid_dpop_proof"`)
				answer(w, 401, nil)
				return
			}
			v.api(w, r)
		})
		defer v.instead("/transfer/v1", nil)
		before := v.count("/token")
		if status, err := v.get(v.http); status != 200 || err != nil || refused != 3 || v.count("/token") != before {
			t.Errorf("got %d, %v after %d tries and %d renewals", status, err, refused, v.count("/token")-before)
		}
	})
	t.Run("takes proofs that are always refused for trouble that passes", func(t *testing.T) {
		v.instead("/transfer/v1", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `DPoP error="invalid_dpop_proof"`)
			answer(w, 401, nil)
		})
		defer v.instead("/transfer/v1", nil)
		_, err := v.get(v.http)
		wants(t, err, transfer.Unavailable, "wrong clock")
	})
	t.Run("follows no redirect", func(t *testing.T) {
		v.instead("/transfer/v1", http.RedirectHandler("/transfer/v1/transfers", http.StatusFound).ServeHTTP)
		defer v.instead("/transfer/v1", nil)
		before := v.count("/transfer/v1/transfers")
		if status, err := v.get(v.http); status != 302 || err != nil || v.count("/transfer/v1/transfers") != before {
			t.Errorf("got %d, %v", status, err)
		}
	})
	for name, address := range map[string]string{
		"another path":                    v.url + "/transfer/v10",
		"a path that only looks inside":   v.url + "/elsewhere/transfer/v1/",
		"another host":                    "http://127.0.0.1:1/transfer/v1",
		"another scheme":                  strings.Replace(v.url, "http", "https", 1) + "/transfer/v1",
		"the host under another name":     strings.Replace(v.url, "127.0.0.1", "localhost", 1) + "/transfer/v1",
		"an endpoint of the same pod":     v.url + "/jwks",
		"a path that climbs, in disguise": v.url + "/transfer/v1%2f..%2f..%2fjwks",
	} {
		t.Run("takes the token to no "+name, func(t *testing.T) {
			response, err := v.http.Get(address)
			if err == nil {
				response.Body.Close()
				t.Errorf("got %d", response.StatusCode)
			} else if !strings.Contains(err.Error(), "the token is for") {
				t.Error(err)
			}
		})
	}
}

func TestRenewal(t *testing.T) {
	t.Run("of many requests at once happens once", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { v.works(t) })
		}
		wg.Wait()
		if v.safe.saves != 1 {
			t.Errorf("renewed %d times", v.safe.saves)
		}
	})
	t.Run("takes what another process has saved", func(t *testing.T) {
		v := newVisit(t, nil)
		v.works(t)
		v.forget()
		if status, err := v.get(v.another()); status != 200 || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
		v.works(t)
		if v.safe.saves != 1 {
			t.Errorf("renewed %d times", v.safe.saves)
		}
	})
	t.Run("that another process was faster with waits for what it saves", func(t *testing.T) {
		v := newVisit(t, func(o *relying.Options) { o.Again = 300 * time.Millisecond })
		v.works(t)
		before := v.safe.data
		v.forget()
		if status, err := v.get(v.another()); status != 200 || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
		after := v.safe.data
		v.safe.data = before // the other one has its answer and has not saved it yet
		time.AfterFunc(100*time.Millisecond, func() { v.safe.Save(context.Background(), after) })
		v.works(t)
		if v.count("/token") != 3 {
			t.Errorf("renewed %d times", v.count("/token")-1)
		}
	})
	t.Run("whose answer was lost is tried once more after a while", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		good, tries := v.refresh, 0
		v.takes("not yet") // as a source behaves for some seconds
		v.instead("/token", func(w http.ResponseWriter, r *http.Request) {
			if tries++; tries == 2 {
				v.refresh = good
			}
			v.post(w, r)
		})
		v.works(t)
		if tries != 2 {
			t.Errorf("tried %d times", tries)
		}
	})
	t.Run("that arrived twice is tried once more after a while", func(t *testing.T) {
		for _, code := range []string{"invalid_client", "invalid_dpop_proof"} { // both are good once
			v := newVisit(t, nil)
			v.forget()
			tries := 0
			v.instead("/token", func(w http.ResponseWriter, r *http.Request) {
				if tries++; tries == 1 {
					refuse(w, code)
					return
				}
				v.post(w, r)
			})
			v.works(t)
			if tries != 2 {
				t.Errorf("%s: tried %d times", code, tries)
			}
		}
	})
	t.Run("outlives the request that asked for it", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		ctx, cancel := context.WithCancel(t.Context())
		v.instead("/token", func(w http.ResponseWriter, r *http.Request) {
			cancel()
			time.Sleep(50 * time.Millisecond)
			v.post(w, r)
		})
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/transfer/v1", nil)
		must(t, err)
		if response, err := v.http.Do(request); err == nil {
			response.Body.Close()
		}
		if v.safe.saves != 1 {
			t.Error("the new tokens were lost")
		}
		v.works(t)
	})
	t.Run("is not used before it is saved", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		v.safe.broken = errors.New("the disk is full")
		before := v.count("/transfer/v1")
		if _, err := v.get(v.http); !errors.Is(err, v.safe.broken) || v.count("/transfer/v1") != before+1 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that is refused for good asks for consent", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		v.takes("revoked")
		_, err := v.get(v.http)
		wants(t, err, transfer.ConsentNeeded, "agree there once more")
		if v.count("/token") != 3 {
			t.Errorf("tried %d times", v.count("/token")-1)
		}
	})
	t.Run("of a client that the pod does not know any more asks for consent", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		v.instead("/token", func(w http.ResponseWriter, _ *http.Request) { answer(w, 401, document{"error": "invalid_client"}) })
		_, err := v.get(v.http)
		wants(t, err, transfer.ConsentNeeded, "agree there once more")
	})
	t.Run("that the pod has no time for is left for later", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		v.instead("/token", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			answer(w, 503, nil)
		})
		_, err := v.get(v.http)
		coded, _ := errors.AsType[*transfer.Error](err)
		if coded == nil || coded.Code != transfer.Unavailable || coded.RetryAfter != 7*time.Second {
			t.Errorf("got %v", err)
		}
	})
	t.Run("at a pod that is gone is left for later", func(t *testing.T) {
		v := newVisit(t, nil)
		v.forget()
		v.instead("/token", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		_, err := v.get(v.http)
		wants(t, err, transfer.PodUnreachable, "does not answer")
	})
	t.Run("without a refresh token asks for consent", func(t *testing.T) {
		v := newVisit(t, nil)
		v.bend(func() { v.answer["refresh_token"] = "" })
		v.safe.data = v.agree(v.party).Tokens
		v.forget()
		_, err := v.get(v.http)
		wants(t, err, transfer.ConsentNeeded, "agree there once more")
	})
	t.Run("that brings no new refresh token keeps the old one", func(t *testing.T) {
		v := newVisit(t, nil)
		kept := v.refresh
		v.bend(func() { v.answer["refresh_token"] = "" })
		v.forget()
		v.works(t)
		v.takes(kept)
		v.forget()
		v.works(t)
	})
}
