package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/keys"
	"podmove/internal/peers"
	"podmove/oauth"
)

// A program is somebody else's client: where its documents are, and where the
// browser comes back to.
type program struct {
	server    *httptest.Server
	key       keys.Key
	callbacks chan string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	key, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{key: key, callbacks: make(chan string, 1)}
	mux := http.NewServeMux()
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	mux.HandleFunc("GET /callback", func(_ http.ResponseWriter, r *http.Request) { p.callbacks <- p.server.URL + r.RequestURI })
	mux.HandleFunc("GET /private_key_jwt.json", func(w http.ResponseWriter, r *http.Request) { p.document(w, r, key.Public()) })
	mux.HandleFunc("GET /none.json", func(w http.ResponseWriter, r *http.Request) { p.document(w, r, nil) })
	return p
}

// document is a client metadata document; its name is how the client authenticates.
func (p *program) document(w http.ResponseWriter, r *http.Request, set any) {
	document := map[string]any{
		"client_id": p.server.URL + r.URL.Path, "client_name": "A reader",
		"redirect_uris":              []string{p.server.URL + "/callback"},
		"token_endpoint_auth_method": strings.Trim(strings.TrimSuffix(r.URL.Path, ".json"), "/"),
	}
	if set != nil {
		document["jwks"] = set
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}

// A reading is what tools/peers/client.mjs is told.
type reading struct {
	Issuer   string        `json:"issuer"`
	Client   string        `json:"client,omitempty"` // client_id; empty is for one that registers
	Register bool          `json:"register"`
	Method   string        `json:"method"`         // how it authenticates
	Key      []byte        `json:"key,omitempty"`  // PKCS #8
	Keys     *keys.Set     `json:"jwks,omitempty"` // the same, public
	DPoP     bool          `json:"dpop"`
	Redirect string        `json:"redirect"`
	Scope    string        `json:"scope"`
	Details  oauth.Details `json:"details"`
	Account  string        `json:"account"` // whose owner agrees
}

// TestOpenIDClient lets a certified client, which knows nothing of this program,
// read an account: npm's openid-client.
func TestOpenIDClient(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		pod := newPod(t, dialect, "PODMOVE_CLIENT_REGISTRATION=open")
		pod.fill(t, "ada", 12)
		start(t, pod)
		for _, c := range []struct {
			what string
			reading
		}{
			{"that has a metadata document and a key", reading{Method: "private_key_jwt"}},
			{"that has a metadata document and a key, with bound tokens", reading{Method: "private_key_jwt", DPoP: true}},
			{"that has a metadata document and no key", reading{Method: "none"}},
			{"that has a metadata document and no key, with bound tokens", reading{Method: "none", DPoP: true}},
			{"that registers, with a key", reading{Register: true, Method: "private_key_jwt", DPoP: true}},
			{"that registers, with a secret in the header", reading{Register: true, Method: "client_secret_basic", DPoP: true}},
			{"that registers, with a secret in the form", reading{Register: true, Method: "client_secret_post"}},
			{"that registers, with neither", reading{Register: true, Method: "none", DPoP: true}},
		} {
			t.Run(c.what, func(t *testing.T) {
				t.Parallel()
				p := newProgram(t)
				p.read(t, pod, peers.Start(t, "client.mjs", p.reading(t, pod, c.reading)))
			})
		}
	})
}

// reading fills in what a script must know, for ada's account.
func (p *program) reading(t *testing.T, pod *testPod, r reading) reading {
	t.Helper()
	r.Issuer, r.Account, r.Redirect = pod.URL, "ada@"+pod.Host(), p.server.URL+"/callback"
	r.Scope = oauth.ScopeOpenID + " " + oauth.ScopeRead
	r.Details = oauth.Details{Type: oauth.DetailsType, Purpose: "copy", Collections: []string{"profile", "posts"}}
	if !r.Register {
		r.Client = p.server.URL + "/" + r.Method + ".json"
	}
	if r.Method == "private_key_jwt" {
		public := p.key.Public()
		r.Keys = &public
		var err error
		if r.Key, err = p.key.Marshal(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// read follows a script through its steps, each of which is a sub-test, and
// agrees where it asks.
func (p *program) read(t *testing.T, pod *testPod, s *peers.Script) {
	t.Helper()
	ada := pod.signIn(t, "ada")
	for {
		line := s.Hear()
		switch {
		case line.Done:
			return
		case line.Ask == "consent":
			page := ada.fill(t, ada.open(t, line.URL), "/sign-in", "username", "ada", "password", demo.Password)
			ada.decide(t, page, "allow")
			s.Say(<-p.callbacks)
		case line.Step != "":
			if !t.Run(line.Step, func(t *testing.T) { well(t, line) }) {
				return // nothing goes on after it
			}
		}
	}
}

func well(t *testing.T, line peers.Line) {
	t.Helper()
	if line.Error != "" {
		t.Error(line.Error)
	}
}
