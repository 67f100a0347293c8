package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/provider"
)

func open(o *provider.Options) { o.Registration = true }

// openPod is a pod at which clients register.
func openPod(t *testing.T) *pod { return newPod(t, storetest.Open(t, storetest.SQLite), open) }

func (c *party) register(metadata map[string]any) answer {
	c.t.Helper()
	body, err := json.Marshal(metadata)
	must(c.t, err)
	return send(c.t, c.pod.url+"/oauth/register", "application/json", string(body))
}

// newProgram is a client that registered itself, with a method and what else is
// changed in what it registers.
func newProgram(t *testing.T, p *pod, method string, change ...map[string]any) *party {
	t.Helper()
	c := newParty(t, p)
	metadata := map[string]any{
		"redirect_uris": []string{c.back()}, "client_name": "A backup", "token_endpoint_auth_method": method,
		"grant_types": []string{"authorization_code", "refresh_token"},
	}
	if method == "private_key_jwt" {
		metadata["jwks"] = c.key.Public()
	}
	for _, more := range change {
		maps.Copy(metadata, more)
	}
	a := c.register(metadata)
	if a.status != http.StatusCreated {
		t.Fatalf("got %d %v", a.status, a.body)
	}
	c.id, c.secret, c.token, c.document = a.text("client_id"), a.text("client_secret"), a.text("registration_access_token"), a.body
	return c
}

// manage asks for a client's registration.
func (c *party) manage(method, token string) answer {
	c.t.Helper()
	request, err := http.NewRequest(method, c.pod.url+"/oauth/register/"+c.id, nil)
	must(c.t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	must(c.t, err)
	return read(c.t, response)
}

func TestRegister(t *testing.T) {
	p := openPod(t)
	c := newParty(t, p)
	t.Run("says all that was registered, and what was left open", func(t *testing.T) {
		a := c.register(map[string]any{"redirect_uris": []string{c.back()}, "client_name": "A \u202Ebackup", "nonsense": 1, "jwks_uri": nil})
		if a.status != http.StatusCreated || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("got %d %v", a.status, a.header)
		}
		for name, value := range map[string]string{
			"token_endpoint_auth_method": "client_secret_basic", "client_secret_expires_at": "0", "grant_types": "[authorization_code]",
			"response_types": "[code]", "scope": "openid transfer:read", "client_name": "A backup", "nonsense": "<nil>",
			"redirect_uris": "[" + c.back() + "]", "id_token_signed_response_alg": "ES256", "dpop_bound_access_tokens": "false",
			"registration_client_uri": p.url + "/oauth/register/" + a.text("client_id"),
		} {
			if got := fmt.Sprint(a.body[name]); got != value {
				t.Errorf("%s is %s", name, got)
			}
		}
		if strings.Contains(a.text("client_id"), ":") || len(a.text("client_secret")) < 43 || len(a.text("registration_access_token")) < 43 {
			t.Errorf("got %v", a.body)
		}
	})
	t.Run("keeps of the secrets only what they hash to", func(t *testing.T) {
		c := newProgram(t, p, "client_secret_post")
		kept, found, err := p.store.Client(t.Context(), c.id)
		if err != nil || !found || kept.Secret != hashed(c.secret) || kept.Token != hashed(c.token) || strings.Contains(string(kept.Metadata), c.secret) {
			t.Errorf("%v %v %+v", err, found, kept)
		}
	})
	t.Run("gives no secret to who needs none", func(t *testing.T) {
		for _, method := range []string{"none", "private_key_jwt"} {
			c := newProgram(t, p, method)
			if _, expires := c.document["client_secret_expires_at"]; c.secret != "" || expires {
				t.Errorf("%s: %v", method, c.document)
			}
		}
	})
	t.Run("leaves out scopes that no registered client gets", func(t *testing.T) {
		if c := newProgram(t, p, "none", map[string]any{"scope": "transfer:read transfer:move email"}); c.document["scope"] != "transfer:read" {
			t.Errorf("got %v", c.document["scope"])
		}
	})
	t.Run("takes JSON, and so much of it", func(t *testing.T) {
		good := `{"redirect_uris":["` + c.back() + `"]`
		want(t, send(t, p.url+"/oauth/register", "text/plain", good+"}"), http.StatusBadRequest, "invalid_client_metadata")
		want(t, send(t, p.url+"/oauth/register", "application/json", good), http.StatusBadRequest, "invalid_client_metadata")
		want(t, send(t, p.url+"/oauth/register", "application/json", good+`,"x":"`+strings.Repeat("x", 17<<10)+`"}`), http.StatusBadRequest, "invalid_client_metadata")
	})
}

func TestRegistrationIsOffByDefault(t *testing.T) {
	p, on := sqlitePod(t), openPod(t)
	c := newParty(t, p)
	want(t, c.register(map[string]any{"redirect_uris": []string{c.back()}}), http.StatusNotFound, "request_forbidden")
	metadata := get(t, p.url+"/.well-known/openid-configuration", "")
	if _, there := metadata.body["registration_endpoint"]; there || strings.Contains(fmt.Sprint(metadata.body), "client_secret") {
		t.Errorf("the metadata says %v", metadata.body)
	}
	metadata = get(t, on.url+"/.well-known/openid-configuration", "")
	if metadata.text("registration_endpoint") != on.url+"/oauth/register" ||
		fmt.Sprint(metadata.body["token_endpoint_auth_methods_supported"]) != "[client_secret_basic client_secret_post private_key_jwt none]" ||
		fmt.Sprint(metadata.body["introspection_endpoint_auth_methods_supported"]) != "[client_secret_basic client_secret_post private_key_jwt]" {
		t.Errorf("the metadata says %v", metadata.body)
	}
}

func TestRegisterTooOften(t *testing.T) {
	from := "192.0.2.1"
	p := newPod(t, storetest.Open(t, storetest.SQLite), open, func(o *provider.Options) {
		o.From = func(*http.Request) netip.Addr { return netip.MustParseAddr(from) }
	})
	c := newParty(t, p)
	register := func() answer { return c.register(map[string]any{"redirect_uris": []string{c.back()}}) }
	exhaust := func(t *testing.T) {
		t.Helper()
		for i := range 30 {
			if a := register(); a.status != http.StatusCreated {
				t.Fatalf("%d: %d %v", i, a.status, a.body)
			}
		}
	}
	t.Run("from one address is refused for a while", func(t *testing.T) {
		exhaust(t)
		a := register()
		want(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
		if wait := a.header.Get("Retry-After"); wait == "" || wait == "0" {
			t.Errorf("Retry-After: %q", wait)
		}
		p.later(time.Minute)
		if a := register(); a.status != http.StatusCreated {
			t.Errorf("got %d", a.status)
		}
	})
	t.Run("costs no other address anything, but its whole IPv6 network", func(t *testing.T) {
		from = "2001:db8::1"
		exhaust(t)
		from = "2001:db8::ffff:1"
		want(t, register(), http.StatusTooManyRequests, "temporarily_unavailable")
	})
	t.Run("is refused to all together, too", func(t *testing.T) {
		refused := 0
		for i := range 220 {
			from = fmt.Sprintf("198.51.100.%d", i)
			if register().status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused == 0 {
			t.Error("220 addresses were let in")
		}
	})
}

func TestManageRegistration(t *testing.T) {
	p := openPod(t)
	c, other := newProgram(t, p, "client_secret_basic"), newProgram(t, p, "none")
	t.Run("shows what was registered, but not the secret", func(t *testing.T) {
		a := c.manage(http.MethodGet, c.token)
		same := maps.Clone(c.document)
		delete(same, "client_secret")
		if a.status != http.StatusOK || fmt.Sprint(a.body) != fmt.Sprint(same) {
			t.Errorf("got %d %v\nnot %v", a.status, a.body, same)
		}
	})
	for name, token := range map[string]string{"none": "", "another client's": other.token, "its secret for": c.secret, "a wrong": "x"} {
		t.Run("takes "+name+" token for nothing", func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				a := c.manage(method, token)
				want(t, a, http.StatusUnauthorized, "invalid_token")
				if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("the challenge is %q", a.header.Get("WWW-Authenticate"))
				}
			}
		})
	}
	t.Run("changes nothing", func(t *testing.T) {
		if a := c.manage(http.MethodPut, c.token); a.status != http.StatusMethodNotAllowed || !strings.Contains(a.header.Get("Allow"), "DELETE") {
			t.Errorf("got %d %v", a.status, a.header)
		}
	})
	t.Run("ends a client with all that it was granted", func(t *testing.T) {
		tokens, kept := c.copied(), other.copied()
		waiting := c.begin(c.copying())
		if a := c.manage(http.MethodDelete, c.token); a.status != http.StatusNoContent {
			t.Fatalf("got %d %v", a.status, a.body)
		}
		if live(t, p, tokens.text("access_token")) || !live(t, p, kept.text("access_token")) {
			t.Error("the wrong tokens are good")
		}
		want(t, c.refresh(tokens.text("refresh_token")), http.StatusUnauthorized, "invalid_client")
		want(t, c.post("/oauth/par", c.copying()), http.StatusUnauthorized, "invalid_client")
		want(t, c.manage(http.MethodGet, c.token), http.StatusUnauthorized, "invalid_token")
		if _, err := p.Decide(t.Context(), waiting, browser, p.person(), everything()); err == nil {
			t.Error("a client that ended was granted something")
		}
	})
}

// copied goes through to the tokens of a copy.
func (c *party) copied() answer {
	c.t.Helper()
	a := c.redeem(c.consent(c.copying(), everything()))
	if a.status != http.StatusOK {
		c.t.Fatalf("tokens: %d %v", a.status, a.body)
	}
	return a
}

func TestSweepRegistered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPod(t, s, open)
		unused, used, done := newProgram(t, p, "none"), newProgram(t, p, "none"), newProgram(t, p, "none")
		tokens := used.copied()
		g, err := p.Introspect(t.Context(), done.copied().text("access_token"))
		must(t, err)
		must(t, p.Revoke(t.Context(), g.ID))
		there := func(want ...*party) {
			t.Helper()
			must(t, p.Sweep(t.Context()))
			for _, c := range []*party{unused, used, done} {
				if _, found, err := s.Client(t.Context(), c.id); err != nil || found != slices.Contains(want, c) {
					t.Errorf("after %v: %s is there: %v, %v", time.Duration(p.ahead.Load()), c.id, found, err)
				}
			}
		}
		there(unused, used, done)
		p.later(23 * time.Hour)
		there(unused, used, done)
		p.later(2 * time.Hour)
		there(used, done)
		p.later(28 * 24 * time.Hour) // its refresh token is good still
		there(used, done)
		p.later(61*24*time.Hour + time.Hour)
		there(used)
		p.later(31 * 24 * time.Hour)
		there()
		want(t, used.refresh(tokens.text("refresh_token")), http.StatusUnauthorized, "invalid_client")
	})
}
