package provider_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"podmove/transfer"
)

// otherPod answers what a pod answers before a move into it, changed by how.
func otherPod(t *testing.T, how func(address string, metadata, client map[string]string)) string {
	t.Helper()
	metadata, client := map[string]string{}, map[string]string{}
	mux := http.NewServeMux()
	answer := func(v map[string]string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v)
		}
	}
	mux.Handle("/.well-known/openid-configuration", answer(metadata))
	mux.Handle("/oauth/client.json", answer(client))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	metadata["issuer"], metadata["podmove_client_id"] = server.URL, server.URL+"/oauth/client.json"
	client["initiate_login_uri"] = server.URL + "/move"
	if how != nil {
		how(server.URL, metadata, client)
	}
	return server.URL
}

func TestInitiate(t *testing.T) {
	p := sqlitePod(t)
	t.Run("leads to the other pod's form, which it fills in", func(t *testing.T) {
		origin := otherPod(t, nil)
		host := strings.TrimPrefix(origin, "http://")
		for _, typed := range []string{origin, origin + "/", host, " " + strings.ToUpper(host) + " ", "anyone@" + host} {
			got, err := p.Initiate(t.Context(), typed, "aurora@old.example")
			must(t, err)
			u, err := url.Parse(got)
			must(t, err)
			if !strings.HasPrefix(got, origin+"/move?") || u.Query().Get("iss") != p.url || u.Query().Get("login_hint") != "aurora@old.example" {
				t.Errorf("%q leads to %s", typed, got)
			}
		}
	})
	for what, typed := range map[string]string{
		"nothing": "", "a sentence": "my new pod", "a path": "new.example/move", "a query": "new.example?x", "a name and password": "https://a:b@new.example",
		"another scheme": "ftp://new.example", "a private address": "http://10.0.0.1", "control characters": "new.example\r\nX: y",
	} {
		t.Run("refuses "+what, func(t *testing.T) {
			if got, err := p.Initiate(t.Context(), typed, "aurora@old.example"); err == nil || transfer.CodeOf(err) == transfer.Internal {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	t.Run("refuses this pod itself", func(t *testing.T) {
		if _, err := p.Initiate(t.Context(), p.url, "aurora@old.example"); transfer.CodeOf(err) != transfer.SamePod {
			t.Errorf("got %v", err)
		}
	})
	for what, how := range map[string]func(address string, metadata, client map[string]string){
		"names another issuer":           func(_ string, m, _ map[string]string) { m["issuer"] = "https://elsewhere.example" },
		"names no client":                func(_ string, m, _ map[string]string) { delete(m, "podmove_client_id") },
		"names another host's client":    func(_ string, m, _ map[string]string) { m["podmove_client_id"] = "https://elsewhere.example/c" },
		"begins moves elsewhere":         func(_ string, _, c map[string]string) { c["initiate_login_uri"] = "https://elsewhere.example/move" },
		"begins moves with a script":     func(_ string, _, c map[string]string) { c["initiate_login_uri"] = "javascript:alert(1)" },
		"begins moves with parameters":   func(a string, _, c map[string]string) { c["initiate_login_uri"] = a + "/move?login_hint=eve" },
		"has a client that is not there": func(a string, m, _ map[string]string) { m["podmove_client_id"] = a + "/nowhere" },
	} {
		t.Run("refuses a pod that "+what, func(t *testing.T) {
			if got, err := p.Initiate(t.Context(), otherPod(t, how), "aurora@old.example"); transfer.CodeOf(err) != transfer.PodUnreachable {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
