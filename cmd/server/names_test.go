package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestNames: how an old ID leads to its pod, and what a pod says it is, as one
// asks for it from outside (Protocol §1.2, §1.3).
func TestNames(t *testing.T) {
	const origin = "https://old.example"
	p := openHere(t, origin)
	c := call(p).signUp(t, "ada")
	read := func(t *testing.T, path string) (document map[string]any) {
		t.Helper()
		w := call(p).get(t, path)
		if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v %s", path, w.Code, err, w.Body)
		}
		return document
	}
	discovery := read(t, "/.well-known/openid-configuration")
	t.Run("WebFinger names the issuer of an ID", func(t *testing.T) {
		found := read(t, "/.well-known/webfinger?resource=acct%3Aada%40old.example&rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer")
		links, _ := json.Marshal(found["links"])
		if found["subject"] != "acct:ada@old.example" || string(links) != `[{"href":"`+origin+`","rel":"http://openid.net/specs/connect/1.0/issuer"}]` {
			t.Errorf("%v", found)
		}
	})
	t.Run("the issuer is the public URL, and both documents are one", func(t *testing.T) {
		one, other := call(p).get(t, "/.well-known/openid-configuration"), call(p).get(t, "/.well-known/oauth-authorization-server")
		if discovery["issuer"] != origin || one.Body.String() != other.Body.String() {
			t.Errorf("%s\n%s", one.Body, other.Body)
		}
	})
	t.Run("the resource is one everywhere", func(t *testing.T) {
		resource := read(t, "/.well-known/oauth-protected-resource/transfer/v1")
		if resource["resource"] != origin+"/transfer/v1" || !slices.Equal(discovery["protected_resources"].([]any), []any{origin + "/transfer/v1"}) {
			t.Errorf("%v", resource)
		}
	})
	t.Run("without a token the API says where its metadata is", func(t *testing.T) {
		for _, ask := range []*caller{call(p), c} { // a person's cookies are no token
			w := ask.get(t, "/transfer/v1")
			want := `resource_metadata="` + origin + `/.well-known/oauth-protected-resource/transfer/v1"`
			challenges := w.Header().Values("WWW-Authenticate")
			if w.Code != http.StatusUnauthorized || !slices.ContainsFunc(challenges, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("%d %v", w.Code, challenges)
			}
		}
	})
	t.Run("the pod's client_id is the URL of its document", func(t *testing.T) {
		if discovery["podmove_client_id"] != origin+"/oauth/client.json" {
			t.Fatalf("%v", discovery["podmove_client_id"])
		}
		client := read(t, "/oauth/client.json")
		keys, _ := json.Marshal(client["jwks"])
		if client["client_id"] != origin+"/oauth/client.json" || client["token_endpoint_auth_method"] != "private_key_jwt" ||
			client["jwks_uri"] != nil || !strings.Contains(string(keys), `"crv":"P-256"`) || strings.Contains(string(keys), `"d":`) {
			t.Errorf("%v", client)
		}
	})
	t.Run("its document says what providers would take otherwise", func(t *testing.T) {
		client := read(t, "/oauth/client.json")
		for member, want := range map[string]any{
			"id_token_signed_response_alg": "ES256", "require_auth_time": true, "require_pushed_authorization_requests": true,
			"dpop_bound_access_tokens": true, "authorization_details_types": []any{"account_transfer"},
		} {
			if !reflect.DeepEqual(client[member], want) {
				t.Errorf("%s is %v", member, client[member])
			}
		}
	})
	t.Run("the keys of both roles are not the same", func(t *testing.T) {
		issuer, _ := json.Marshal(read(t, "/oauth/jwks.json")["keys"])
		client, _ := json.Marshal(read(t, "/oauth/client.json")["jwks"])
		if strings.Contains(string(client), strings.Trim(string(issuer), "[]")) {
			t.Errorf("%s\n%s", issuer, client)
		}
	})
}

// TestSubject: sub is the person's GUID, and stays so after a move (Protocol
// §1.3, §6.4).
func TestSubject(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		d := newDoorway(t, dialect)
		before := d.account.GUID
		d.leave()
		after, err := d.store.AccountNamed(t.Context(), "aurora")
		d.must(err)
		if after.GUID != before {
			t.Errorf("it was %s and is %s", before, after.GUID)
		}
	})
}
