package relying_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/transfer"
)

func TestResolve(t *testing.T) {
	p := newPod(t)
	party := p.party()
	for range 2 {
		peer, err := party.Resolve(t.Context(), p.id())
		must(t, err)
		if peer.Issuer != p.url || peer.Resource != p.url+"/transfer/v1" {
			t.Errorf("got %+v", peer)
		}
	}
	if p.count("/.well-known/openid-configuration") != 1 || p.count("/.well-known/webfinger") != 2 {
		t.Errorf("asked %v: a pod is remembered for a while, whose pod an ID is is not", p.asked)
	}
}

func TestResolveForgets(t *testing.T) {
	p := newPod(t)
	party := p.party()
	_, err := party.Resolve(t.Context(), p.id())
	must(t, err)
	p.ahead.Store(int64(6 * time.Minute))
	p.bend(func() { p.metadata["token_endpoint"] = "https://elsewhere.example/token" })
	_, err = party.Resolve(t.Context(), p.id())
	wants(t, err, transfer.AnswerInvalid, "elsewhere.example")
}

// What a person may type, and what hosts may answer to it.
func TestResolveRefuses(t *testing.T) {
	link := func(href string) document {
		return document{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": href}
	}
	links := func(list ...document) func(*pod) { return func(p *pod) { p.finger["links"] = list } }
	meta := func(name string, value any) func(*pod) { return func(p *pod) { p.metadata[name] = value } }
	serve := func(path string, h http.HandlerFunc) func(*pod) { return func(p *pod) { p.serve[path] = h } }
	const finger, config, resource = "/.well-known/webfinger", "/.well-known/openid-configuration", "/.well-known/oauth-protected-resource/transfer/v1"
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, code, document{}) }
	}

	for name, c := range map[string]struct {
		bend func(*pod)
		code transfer.Code
		says string
	}{
		"an account that the pod does not know":       {serve(finger, status(404)), transfer.NotFound, "does not know of aurora. Check the spelling"},
		"a server that is down":                       {serve(finger, status(503)), transfer.PodUnreachable, "cannot answer just now"},
		"a server that is tired of us":                {serve(finger, status(429)), transfer.RateLimited, "later"},
		"a server that forwards":                      {serve(finger, http.RedirectHandler("http://169.254.1.1/", http.StatusFound).ServeHTTP), transfer.AnswerInvalid, "302"},
		"a page instead of WebFinger":                 {serve(finger, page), transfer.AnswerInvalid, "another type"},
		"rubbish instead of WebFinger":                {serve(finger, rubbish), transfer.AnswerInvalid, "cannot be read"},
		"a WebFinger answer without an end":           {serve(finger, endless), transfer.AnswerInvalid, "too large"},
		"an answer about someone else":                {func(p *pod) { p.finger["subject"] = "acct:other@" + p.host() }, transfer.IdentityDiffers, "answers for"},
		"an answer about nobody":                      {func(p *pod) { delete(p.finger, "subject") }, transfer.IdentityDiffers, "answers for"},
		"a server of the Fediverse without an issuer": {links(), transfer.AnswerInvalid, "offers no way to move"},
		"two issuers":                                 {links(link("http://127.0.0.1:1"), link("http://127.0.0.1:2")), transfer.AnswerInvalid, "2 links"},
		"an issuer in the local network":              {links(link("http://192.168.0.1")), transfer.AnswerInvalid, "loopback addresses only"},
		"an issuer with a path":                       {links(link("http://127.0.0.1:1/op")), transfer.AnswerInvalid, "bare origin"},
		"an issuer with a slash at the end":           {func(p *pod) { p.finger["links"] = []document{link(p.url + "/")} }, transfer.AnswerInvalid, "bare origin"},
		"an issuer with a user":                       {links(link("http://a@127.0.0.1:1")), transfer.AnswerInvalid, "bare origin"},
		"an issuer that is a script":                  {links(link("javascript:alert(1)")), transfer.AnswerInvalid, "bare origin"},
		"an issuer that is this pod":                  {links(link(home)), transfer.SamePod, "leads to this pod"},

		"a discovery document of another issuer":       {meta("issuer", "http://127.0.0.1:1"), transfer.AnswerInvalid, "did not match"},
		"an issuer that differs by a slash":            {func(p *pod) { p.metadata["issuer"] = p.url + "/" }, transfer.AnswerInvalid, "did not match"},
		"no discovery document":                        {serve(config, status(404)), transfer.AnswerInvalid, "404"},
		"a discovery document that forwards":           {serve(config, http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP), transfer.AnswerInvalid, "302"},
		"rubbish instead of a discovery document":      {serve(config, rubbish), transfer.AnswerInvalid, "cannot be read"},
		"a discovery document of another type":         {serve(config, page), transfer.AnswerInvalid, "another type"},
		"a discovery document without an end":          {serve(config, endless), transfer.AnswerInvalid, "too large"},
		"a discovery document with the wrong members":  {meta("token_endpoint", 7), transfer.AnswerInvalid, "cannot be read"},
		"a token endpoint at another host":             {meta("token_endpoint", "http://127.0.0.1:1/token"), transfer.AnswerInvalid, "not a path at"},
		"a token endpoint behind a user name":          {func(p *pod) { p.metadata["token_endpoint"] = "http://x@" + p.host() + "/token" }, transfer.AnswerInvalid, "not a path at"},
		"no token endpoint":                            {meta("token_endpoint", ""), transfer.AnswerInvalid, "not a path at"},
		"no endpoint for pushed requests":              {meta("pushed_authorization_request_endpoint", ""), transfer.AnswerInvalid, "not a path at"},
		"a sign-in page at another host":               {meta("authorization_endpoint", "http://127.0.0.1:1/authorize"), transfer.AnswerInvalid, "not a path at"},
		"a revocation endpoint at another host":        {meta("revocation_endpoint", "http://127.0.0.1:1/revoke"), transfer.AnswerInvalid, "not a path at"},
		"keys at another host":                         {meta("jwks_uri", "http://127.0.0.1:1/jwks"), transfer.AnswerInvalid, "not a path at"},
		"no PKCE with S256":                            {meta("code_challenge_methods_supported", []string{"plain"}), transfer.AnswerInvalid, "S256"},
		"no ES256":                                     {meta("id_token_signing_alg_values_supported", []string{"RS256", "none"}), transfer.AnswerInvalid, "ES256"},
		"no private_key_jwt":                           {meta("token_endpoint_auth_methods_supported", []string{"client_secret_basic"}), transfer.AnswerInvalid, "private_key_jwt"},
		"an OpenID provider that knows no transfers":   {meta("authorization_details_types_supported", nil), transfer.AnswerInvalid, "account_transfer"},
		"answers that do not name their issuer":        {meta("authorization_response_iss_parameter_supported", false), transfer.AnswerInvalid, "issuer"},
		"no metadata of the transfer API":              {serve(resource, status(404)), transfer.AnswerInvalid, "404"},
		"a transfer API at another pod":                {func(p *pod) { p.resource["resource"] = "http://127.0.0.1:1/transfer/v1" }, transfer.AnswerInvalid, "resource metadata"},
		"a transfer API that takes another's tokens":   {func(p *pod) { p.resource["authorization_servers"] = []string{"http://127.0.0.1:1"} }, transfer.AnswerInvalid, "resource metadata"},
		"metadata of the transfer API without an end":  {serve(resource, endless), transfer.AnswerInvalid, "too large"},
		"a server that breaks the connection off":      {serve(finger, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), transfer.PodUnreachable, "does not answer"},
		"a server that breaks off at the second visit": {serve(config, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), transfer.PodUnreachable, "does not answer"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			p := newPod(t)
			p.bend(func() { c.bend(p) })
			_, err := p.party().Resolve(t.Context(), p.id())
			wants(t, err, c.code, c.says)
		})
	}
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<h1>Welcome</h1>")
}

func rubbish(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, "{{{{")
}

// endless writes until nobody reads.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"subject":"`)
	for chunk := strings.Repeat("a", 64<<10); ; {
		if _, err := fmt.Fprint(w, chunk); err != nil {
			return
		}
	}
}

func TestResolveTyped(t *testing.T) {
	p := newPod(t)
	party := p.party()
	for name, c := range map[string]struct {
		id   string
		code transfer.Code
		says string
	}{
		"what is no ID":                  {"aurora", transfer.RequestInvalid, "looks like name@old.example"},
		"an ID with a path in it":        {"aurora@127.0.0.1:1/x", transfer.RequestInvalid, "looks like name@old.example"},
		"an ID with a query in it":       {"aurora@127.0.0.1:1?x", transfer.RequestInvalid, "looks like name@old.example"},
		"an account of this pod":         {"aurora@127.0.0.1:4002", transfer.SamePod, "account of this pod"},
		"a name that the pod knows not":  {"aurorra@" + p.host(), transfer.NotFound, "does not know of aurorra"},
		"a host where nothing listens":   {"aurora@127.0.0.1:1", transfer.PodUnreachable, "does not answer"},
		"a host out of development":      {"aurora@old.example", transfer.PodUnreachable, "no address that this pod may speak with"},
		"a host in the local network":    {"aurora@192.168.1.1", transfer.PodUnreachable, "no address that this pod may speak with"},
		"the metadata service of clouds": {"aurora@169.254.169.254", transfer.PodUnreachable, "no address that this pod may speak with"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			_, err := party.Resolve(t.Context(), c.id)
			wants(t, err, c.code, c.says)
		})
	}
	t.Run("in production refuses loopback and http", func(t *testing.T) {
		o := p.options()
		o.Development, o.Origin, o.HTTP = false, "https://new.example", outbound.New(outbound.Options{})
		_, err := relying.New(o).Resolve(t.Context(), p.id())
		wants(t, err, transfer.PodUnreachable, "no address that this pod may speak with")
	})
}

func TestResolveSlow(t *testing.T) {
	for _, path := range []string{"/.well-known/webfinger", "/.well-known/openid-configuration"} {
		t.Run("gives up on "+path+" that drips", func(t *testing.T) {
			p := newPod(t)
			p.instead(path, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			o := p.options()
			o.Patience = 200 * time.Millisecond
			_, err := relying.New(o).Resolve(t.Context(), p.id())
			wants(t, err, transfer.PodUnreachable, "answers too slowly")
		})
	}
}

func TestKeys(t *testing.T) {
	p := newPod(t)
	read := func(t *testing.T) ([]byte, error) {
		t.Helper()
		return p.party().Keys(t.Context(), p.url)
	}
	t.Run("reads the set anew each time", func(t *testing.T) {
		set, err := read(t)
		must(t, err)
		parsed, err := keys.ParseSet(set)
		must(t, err)
		if !keys.Shares(parsed, p.key.Public()) {
			t.Errorf("got %s", set)
		}
	})
	for name, set := range map[string]any{
		"a set without keys":     document{"keys": []any{}},
		"a set that is too huge": document{"keys": []any{}, "x": strings.Repeat("a", 70<<10)},
		"what is no set":         json.RawMessage(`"keys"`),
		"a set of RSA keys only": document{"keys": []any{document{"kty": "RSA", "n": "AQAB", "e": "AQAB"}}},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			p.bend(func() { p.keySet = set })
			_, err := read(t)
			wants(t, err, transfer.AnswerInvalid, "")
		})
	}
	t.Run("refuses a set without an end", func(t *testing.T) {
		p.instead("/jwks", endless)
		_, err := read(t)
		wants(t, err, transfer.AnswerInvalid, "too large")
	})
}
