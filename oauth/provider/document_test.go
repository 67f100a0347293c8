package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"podmove/internal/outbound"
	"podmove/oauth/provider"
)

func TestDocumentRefuses(t *testing.T) {
	p := sqlitePod(t)
	answering := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	elsewhere := newParty(t, p)
	for _, c := range []struct {
		name   string
		change func(c *party)
	}{
		{"another client_id inside", func(c *party) { c.document["client_id"] = elsewhere.id }},
		{"a client_id in another spelling", func(c *party) { c.document["client_id"] = c.id + "#" }},
		{"a redirect URI of another origin", func(c *party) { c.document["redirect_uris"] = []string{c.back(), elsewhere.back()} }},
		{"a redirect URI with a fragment", func(c *party) { c.document["redirect_uris"] = []string{c.back() + "#x"} }},
		{"a redirect URI with a user name", func(c *party) {
			c.document["redirect_uris"] = []string{strings.Replace(c.back(), "://", "://user@", 1)}
		}},
		{"a redirect URI of another scheme", func(c *party) {
			c.document["redirect_uris"] = []string{strings.Replace(c.back(), "http:", "https:", 1)}
		}},
		{"no redirect URI", func(c *party) { delete(c.document, "redirect_uris") }},
		{"jwks_uri", func(c *party) { c.document["jwks_uri"] = c.url + "/jwks.json" }},
		{"request_uris", func(c *party) { c.document["request_uris"] = []string{c.url} }},
		{"a client_secret", func(c *party) { c.document["client_secret"] = "secret" }},
		{"client_secret_basic", func(c *party) { c.document["token_endpoint_auth_method"] = "client_secret_basic" }},
		{"no method", func(c *party) { delete(c.document, "token_endpoint_auth_method") }},
		{"a client_secret that is empty", func(c *party) { c.document["client_secret"] = "" }},
		{"an end of its client_secret", func(c *party) { c.document["client_secret_expires_at"] = 0 }},
		{"no keys", func(c *party) { delete(c.document, "jwks") }},
		{"RS256", func(c *party) { c.document["token_endpoint_auth_signing_alg"] = "RS256" }},
		{"implicit answers only", func(c *party) { c.document["response_types"] = []string{"token"} }},
		{"more than 5 KB", func(c *party) { c.document["client_name"] = strings.Repeat("x", 6000) }},
		{"a redirect in its place", func(c *party) {
			c.serve = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.id, http.StatusFound) }
		}},
		{"an error in its place", func(c *party) { c.serve = answering(404, "application/json", "{}") }},
		{"a page in its place", func(c *party) { c.serve = answering(200, "text/html", "<html>") }},
		{"a member twice", func(c *party) {
			whole, err := json.Marshal(c.document)
			must(t, err)
			c.serve = answering(200, "application/json", strings.TrimSuffix(string(whole), "}")+`,"client_name":"again"}`)
		}},
		{"rubbish in its place", func(c *party) { c.serve = answering(200, "application/json", "{") }},
	} {
		t.Run("refuses a document with "+c.name, func(t *testing.T) {
			client := newParty(t, p)
			c.change(client)
			want(t, client.post("/oauth/par", client.request()), http.StatusUnauthorized, "invalid_client")
		})
	}
}

func TestClientIDRefuses(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	for _, id := range []string{
		"new pod", c.url, c.url + "/", c.url + "/a/../client.json", c.url + "/./client.json", c.url + "/%2e%2e/client.json",
		c.url + "//client.json", c.id + "?x=1", c.id + "?", c.id + "#x", strings.Replace(c.id, "://", "://u:p@", 1),
		"ftp" + strings.TrimPrefix(c.id, "http"), "http:client.json", "http://10.0.0.1/client.json", "http://169.254.169.254/client.json",
		"http://0x7f000001/client.json", "https://new.example/client.json", c.url + "/" + strings.Repeat("x", 600),
	} {
		t.Run("refuses "+id, func(t *testing.T) {
			form := c.request()
			form.Set("client_id", id)
			want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
		})
	}
	if n := c.asked.Load(); n != 0 {
		t.Errorf("a refused address was asked for %d times", n)
	}
}

func TestProductionPodRefusesLoopbackClients(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	production, err := provider.New(provider.Options{
		Issuer: "https://old.example", Secrets: p.Secrets, NonceSecret: make([]byte, 32), Store: p.store,
		HTTP: outbound.New(outbound.Options{}),
	})
	must(t, err)
	server := httptest.NewServer(production.Handler())
	defer server.Close()
	a := send(t, server.URL+"/oauth/par", "application/x-www-form-urlencoded", c.request().Encode())
	want(t, a, http.StatusUnauthorized, "invalid_client")
	if c.asked.Load() != 0 {
		t.Error("the loopback address was asked")
	}
}

func TestMetadata(t *testing.T) {
	p := sqlitePod(t)
	oidc, plain := get(t, p.url+"/.well-known/openid-configuration", ""), get(t, p.url+"/.well-known/oauth-authorization-server", "")
	t.Run("is the same at both addresses", func(t *testing.T) {
		if fmt.Sprint(oidc.body) != fmt.Sprint(plain.body) || oidc.text("issuer") != p.url {
			t.Errorf("%v\n%v", oidc.body, plain.body)
		}
	})
	t.Run("asks for pushed requests and promises iss", func(t *testing.T) {
		for _, name := range []string{"require_pushed_authorization_requests", "authorization_response_iss_parameter_supported", "client_id_metadata_document_supported"} {
			if oidc.body[name] != true {
				t.Errorf("%s: %v", name, oidc.body[name])
			}
		}
		for name, value := range map[string]string{
			"response_types_supported": "[code]", "code_challenge_methods_supported": "[S256]",
			"token_endpoint_auth_methods_supported": "[private_key_jwt none]", "id_token_signing_alg_values_supported": "[ES256]",
		} {
			if fmt.Sprint(oidc.body[name]) != value {
				t.Errorf("%s: %v", name, oidc.body[name])
			}
		}
	})
	t.Run("names this pod as a client whose document is its own", func(t *testing.T) {
		client := get(t, oidc.text("podmove_client_id"), "")
		if client.text("client_id") != oidc.text("podmove_client_id") || client.text("initiate_login_uri") != p.url+"/move" ||
			fmt.Sprint(client.body["redirect_uris"]) != "["+p.url+"/oauth/callback]" || client.body["jwks"] == nil {
			t.Errorf("%v", client.body)
		}
	})
	t.Run("publishes the key that signs", func(t *testing.T) {
		if got := fmt.Sprint(get(t, oidc.text("jwks_uri"), "").body); !strings.Contains(got, p.key.ID()) {
			t.Errorf("%s", got)
		}
	})
	t.Run("describes the resource", func(t *testing.T) {
		a := get(t, p.url+"/.well-known/oauth-protected-resource/transfer/v1", "")
		if a.text("resource") != p.url+"/transfer/v1" || fmt.Sprint(a.body["authorization_servers"]) != "["+p.url+"]" {
			t.Errorf("%v", a.body)
		}
	})
}
