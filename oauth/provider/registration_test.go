package provider

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ory/fosite"
)

const someKeys = `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`

func TestReadRegistrationRefuses(t *testing.T) {
	back := func(uri string) string { return `{"redirect_uris":["` + uri + `"]}` }
	with := func(members string) string { return `{"redirect_uris":["https://app.example/cb"],` + members + `}` }
	for _, c := range []struct{ name, raw, code string }{
		{"nothing", ``, "invalid_client_metadata"},
		{"an array", `[]`, "invalid_client_metadata"},
		{"a member twice", with(`"scope":"openid","scope":"transfer:read"`), "invalid_client_metadata"},
		{"a member of another kind", with(`"client_name":1`), "invalid_client_metadata"},
		{"jwks_uri", with(`"jwks_uri":"https://app.example/jwks.json"`), "invalid_client_metadata"},
		{"an implicit answer", with(`"response_types":["code","token"]`), "invalid_client_metadata"},
		{"the grant type password", with(`"grant_types":["authorization_code","password"]`), "invalid_client_metadata"},
		{"the grant type refresh_token alone", with(`"grant_types":["refresh_token"]`), "invalid_client_metadata"},
		{"the method client_secret_jwt", with(`"token_endpoint_auth_method":"client_secret_jwt"`), "invalid_client_metadata"},
		{"private_key_jwt without keys", with(`"token_endpoint_auth_method":"private_key_jwt"`), "invalid_client_metadata"},
		{"keys that are none", with(`"jwks":{"keys":[]}`), "invalid_client_metadata"},
		{"assertions by RS256", with(`"token_endpoint_auth_signing_alg":"RS256"`), "invalid_client_metadata"},
		{"ID tokens by RS256", with(`"id_token_signed_response_alg":"RS256"`), "invalid_client_metadata"},
		{"ID tokens by nobody", with(`"id_token_signed_response_alg":"none"`), "invalid_client_metadata"},
		{"subjects in pairs", with(`"subject_type":"pairwise"`), "invalid_client_metadata"},
		{"another type of application", with(`"application_type":"service"`), "invalid_client_metadata"},
		{"no scope that is given", with(`"scope":"transfer:move email"`), "invalid_client_metadata"},
		{"a logo that is a script", with(`"logo_uri":"javascript:alert(1)"`), "invalid_client_metadata"},
		{"a page without TLS", with(`"client_uri":"http://app.example"`), "invalid_client_metadata"},
		{"more contacts than anyone has", with(`"contacts":["` + strings.Repeat(`a","`, 11) + `"]`), "invalid_client_metadata"},
		{"a software_id beyond all bounds", with(`"software_id":"` + strings.Repeat("a", 300) + `"`), "invalid_client_metadata"},

		{"no redirect URI", `{}`, "invalid_redirect_uri"},
		{"no redirect URI in a list", `{"redirect_uris":[]}`, "invalid_redirect_uri"},
		{"eleven redirect URIs", `{"redirect_uris":["` + strings.Repeat(`https://app.example/cb","`, 10) + `https://app.example/cb"]}`, "invalid_redirect_uri"},
		{"an empty redirect URI", back(""), "invalid_redirect_uri"},
		{"a redirect URI without TLS", back("http://app.example/cb"), "invalid_redirect_uri"},
		{"a redirect URI of a scheme of its own", back("com.example.app:/cb"), "invalid_redirect_uri"},
		{"a redirect URI that is a script", back("javascript:alert(1)"), "invalid_redirect_uri"},
		{"a redirect URI with a fragment", back("https://app.example/cb#x"), "invalid_redirect_uri"},
		{"a redirect URI with an empty fragment", back("https://app.example/cb#"), "invalid_redirect_uri"},
		{"a redirect URI with a user name", back("https://me@app.example/cb"), "invalid_redirect_uri"},
		{"a redirect URI without a host", back("https:///cb"), "invalid_redirect_uri"},
		{"a redirect URI that is a path", back("/cb"), "invalid_redirect_uri"},
		{"a wildcard", back("https://*.app.example/cb"), "invalid_redirect_uri"},
		{"a redirect URI that breaks a policy in two", back("https://app.example;script-src/cb"), "invalid_redirect_uri"},
		{"a redirect URI beyond all bounds", back("https://app.example/" + strings.Repeat("x", 1100)), "invalid_redirect_uri"},
		{"a second redirect URI that is none", `{"redirect_uris":["https://app.example/cb","http://app.example/cb"]}`, "invalid_redirect_uri"},
		{"127.0.0.1", back("http://127.0.0.1/cb"), "invalid_redirect_uri"},
		{"127.0.0.1 with TLS", back("https://127.0.0.1:8443/cb"), "invalid_redirect_uri"},
		{"127.1", back("https://127.1/cb"), "invalid_redirect_uri"},
		{"::1", back("https://[::1]/cb"), "invalid_redirect_uri"},
		{"127.0.0.1 inside IPv6", back("https://[::ffff:127.0.0.1]/cb"), "invalid_redirect_uri"},
		{"0.0.0.0", back("https://0.0.0.0/cb"), "invalid_redirect_uri"},
		{"::", back("https://[::]/cb"), "invalid_redirect_uri"},
		{"localhost", back("https://localhost/cb"), "invalid_redirect_uri"},
		{"LOCALHOST.", back("https://LOCALHOST./cb"), "invalid_redirect_uri"},
		{"a name below localhost", back("https://app.localhost/cb"), "invalid_redirect_uri"},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			m, err := readRegistration([]byte(c.raw), false)
			if err == nil {
				t.Fatalf("took %+v", m)
			}
			if e := fosite.ErrorToRFC6749Error(err); e.ErrorField != c.code || e.CodeField != 400 {
				t.Errorf("got %d %s, want %s", e.CodeField, e.ErrorField, c.code)
			}
		})
	}
}

func TestReadRegistration(t *testing.T) {
	for name, raw := range map[string]string{
		"a query":               `{"redirect_uris":["https://app.example/cb?x=1"]}`,
		"a port":                `{"redirect_uris":["https://app.example:8443/cb"]}`,
		"members it knows not":  `{"redirect_uris":["https://app.example/cb"],"request_uris":["https://x"],"client_name#de":"x","sector_identifier_uri":"https://x","software_statement":"e30"}`,
		"keys":                  `{"redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + someKeys + `}`,
		"what RFC 7591 defines": `{"redirect_uris":["https://app.example/cb"],"client_uri":"https://app.example","logo_uri":"https://app.example/l.png","contacts":["a@app.example"],"software_id":"a","software_version":"1","tos_uri":"https://app.example/t","policy_uri":"https://app.example/p"}`,
	} {
		t.Run("takes "+name, func(t *testing.T) {
			if _, err := readRegistration([]byte(raw), false); err != nil {
				t.Errorf("%s: %s", err, cause(err))
			}
		})
	}
	t.Run("takes this machine in development, with a port or none, and other places still", func(t *testing.T) {
		raw := `{"redirect_uris":["http://127.0.0.1:4000/cb","http://localhost/cb","https://app.example/cb"]}`
		if _, err := readRegistration([]byte(raw), true); err != nil {
			t.Errorf("%s: %s", err, cause(err))
		}
		if _, err := readRegistration([]byte(`{"redirect_uris":["http://app.example/cb"]}`), true); err == nil {
			t.Error("took another machine without TLS")
		}
	})
}

// FuzzReadRegistration: whatever is taken sends codes to https hosts that can be
// shown, asks for no more than registered clients get, and reads back the same.
func FuzzReadRegistration(f *testing.F) {
	for _, seed := range []string{
		`{"redirect_uris":["https://app.example/cb"]}`,
		`{"redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":` + someKeys + `,"client_name":"\u202Ex"}`,
		`{"redirect_uris":["https://app.example/cb"],"scope":"transfer:move openid","contacts":["a"],"logo_uri":"https://x.example/"}`,
		`{"redirect_uris":["http://[::1]:1/cb","com.example:/cb"],"jwks_uri":null}`, `{"Redirect_URIs":["https://app.example/cb"]}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > maxRegistration { // no more is ever read
			return
		}
		m, err := readRegistration(raw, false)
		if err != nil {
			if e := fosite.ErrorToRFC6749Error(err); e.CodeField != 400 {
				t.Fatalf("%d: %v", e.CodeField, err)
			}
			return
		}
		for _, back := range m.RedirectURIs {
			if u, err := url.Parse(back); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(u.Host, "; '\"\t\n,*") {
				t.Fatalf("sends codes to %q", back)
			}
		}
		for scope := range strings.FieldsSeq(m.Scope) {
			if !slices.Contains(registrable(), scope) {
				t.Fatalf("asks for %q", scope)
			}
		}
		kept, err := json.Marshal(m)
		if err != nil || len(kept) > 2*maxRegistration+maxContacts*maxLine {
			t.Fatalf("%d bytes are kept: %v", len(kept), err)
		}
		var again registration
		if err := json.Unmarshal(kept, &again); err != nil {
			t.Fatal(err)
		}
		if same, err := json.Marshal(again); err != nil || string(same) != string(kept) {
			t.Fatalf("%s\n%s\n%v", kept, same, err)
		}
	})
}
