package relying_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/oauth/relying"
	"podmove/transfer"
)

func TestBegin(t *testing.T) {
	p := newPod(t)
	party := p.party()
	started, other := p.begin(party), p.begin(party)
	form := p.form("/par")
	t.Run("pushes all that is asked", func(t *testing.T) {
		for name, want := range map[string]string{
			"client_id": clientID, "redirect_uri": callback, "response_type": "code", "prompt": "login", "login_hint": p.id(),
			"scope": "openid transfer:read transfer:move", "resource": p.url + "/transfer/v1", "code_challenge_method": "S256",
			"authorization_details": `[{"type":"account_transfer","purpose":"move","collections":["profile","blocks","aspects","contacts","posts","photos"],"limited":true,"destination":"aurora@127.0.0.1:4002"}]`,
		} {
			if form.Get(name) != want {
				t.Errorf("%s is %q", name, form.Get(name))
			}
		}
		if len(form.Get("nonce")) < 22 || len(form.Get("state")) < 22 || form.Get("state") != other.State {
			t.Errorf("nonce %q, state %q", form.Get("nonce"), form.Get("state"))
		}
	})
	t.Run("puts nothing into the address but the request's name", func(t *testing.T) {
		u, err := url.Parse(started.URL)
		must(t, err)
		if u.Scheme+"://"+u.Host+u.Path != p.url+"/authorize" || len(u.Query()) != 2 || u.Query().Get("client_id") != clientID {
			t.Errorf("got %s", started.URL)
		}
	})
	t.Run("makes new secrets for each login", func(t *testing.T) {
		if started.State == other.State || string(started.Secret) == string(other.Secret) || started.Issuer != p.url {
			t.Errorf("got %+v twice", started)
		}
	})
	t.Run("asks for no move where a copy is wanted", func(t *testing.T) {
		ask := p.ask()
		ask.Purpose = transfer.Copy
		_, err := party.Begin(t.Context(), ask)
		must(t, err)
		if got := p.form("/par").Get("scope"); got != "openid transfer:read" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("tells its own trouble from the other pod's", func(t *testing.T) {
		o, broken := p.options(), errors.New("no key")
		o.Sign = func(string, any) (string, error) { return "", broken }
		if _, err := relying.New(o).Begin(t.Context(), p.ask()); !errors.Is(err, broken) || transfer.CodeOf(err) != transfer.Internal {
			t.Errorf("got %v", err)
		}
	})
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		code  transfer.Code
		says  string
	}{
		"a pod that does not take this client": {func(w http.ResponseWriter, _ *http.Request) { refuse(w, "invalid_client") }, transfer.AnswerInvalid, "does not take the request (invalid_client)"},
		"a refusal in unknown words":           {func(w http.ResponseWriter, _ *http.Request) { refuse(w, "<b>You</b>") }, transfer.AnswerInvalid, "no reason given"},
		"a pod that is busy":                   {func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, nil) }, transfer.Unavailable, "cannot answer just now"},
		"a request_uri that is somewhere": {func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 201, document{"request_uri": "https://evil.example"})
		}, transfer.AnswerInvalid, "request_uri"},
		"no request_uri":                         {func(w http.ResponseWriter, _ *http.Request) { answer(w, 201, document{}) }, transfer.AnswerInvalid, "request_uri"},
		"an answer without an end":               {endless, transfer.AnswerInvalid, "too large"},
		"an endpoint that forwards the request":  {http.RedirectHandler("/token", http.StatusTemporaryRedirect).ServeHTTP, transfer.AnswerInvalid, "307"},
		"an answer that is a page":               {page, transfer.AnswerInvalid, "another type"},
		"an endpoint that breaks off half-way":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, transfer.PodUnreachable, "does not answer"},
		"an endpoint that wants to be let alone": {func(w http.ResponseWriter, _ *http.Request) { answer(w, 429, nil) }, transfer.RateLimited, "later"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			p.instead("/par", c.serve)
			_, err := party.Begin(t.Context(), p.ask())
			wants(t, err, c.code, c.says)
		})
	}
}

func TestFinish(t *testing.T) {
	p := newPod(t)
	granted := p.agree(p.party())
	if granted.Issuer != p.url || granted.Subject != "0123456789abcdef" || granted.Account != p.id() {
		t.Errorf("got %+v", granted)
	}
	if !slices.Equal(granted.Collections, []transfer.Collection{transfer.Profiles, transfer.Blocks, transfer.Posts, transfer.Photos}) {
		t.Errorf("granted %v", granted.Collections)
	}
	if set, err := keys.ParseSet(granted.Keys); err != nil || !keys.Shares(set, p.key.Public()) {
		t.Errorf("keys %s, %v", granted.Keys, err)
	}
	if form := p.form("/token"); form.Get("resource") != p.url+"/transfer/v1" || form.Get("client_id") != clientID {
		t.Errorf("sent %v", form)
	}
	if p.count("/revoke") != 0 {
		t.Error("good tokens were given back")
	}
}

// A browser brings whatever someone put into its address.
func TestAnswer(t *testing.T) {
	p := newPod(t)
	party := p.party()
	mine, other := p.begin(party), p.begin(party)
	for name, c := range map[string]struct {
		bend func(url.Values)
		code transfer.Code
		says string
	}{
		"the state of another login":           {func(q url.Values) { q.Set("state", other.State) }, transfer.RequestInvalid, "state"},
		"no state":                             {func(q url.Values) { q.Del("state") }, transfer.RequestInvalid, "state"},
		"an answer that names no issuer":       {func(q url.Values) { q.Del("iss") }, transfer.RequestInvalid, "issuer"},
		"the issuer of a mix-up":               {func(q url.Values) { q.Set("iss", "http://127.0.0.1:1") }, transfer.RequestInvalid, "issuer"},
		"an issuer with a slash at the end":    {func(q url.Values) { q.Set("iss", p.url+"/") }, transfer.RequestInvalid, "issuer"},
		"two codes":                            {func(q url.Values) { q.Add("code", "the code") }, transfer.RequestInvalid, "2 times"},
		"no code":                              {func(q url.Values) { q.Del("code") }, transfer.RequestInvalid, "code"},
		"a code as long as a book":             {func(q url.Values) { q.Set("code", strings.Repeat("c", 1<<20)) }, transfer.RequestInvalid, "bytes"},
		"a person who says no":                 {func(q url.Values) { q.Set("error", "access_denied") }, transfer.ConsentRefused, "refused at 127.0.0.1"},
		"a no that another pod speaks":         {func(q url.Values) { q.Set("error", "access_denied"); q.Set("iss", "http://127.0.0.1:1") }, transfer.RequestInvalid, "issuer"},
		"a pod that has trouble":               {func(q url.Values) { q.Set("error", "server_error") }, transfer.Unavailable, "could not answer"},
		"a pod that wants something else":      {func(q url.Values) { q.Set("error", "login_required") }, transfer.AnswerInvalid, "login_required"},
		"an error that is not one of OAuth's":  {func(q url.Values) { q.Set("error", "<script>") }, transfer.AnswerInvalid, "no reason given"},
		"an error that is empty, with a code":  {func(q url.Values) { q.Set("error", "") }, transfer.AnswerInvalid, "no reason given"},
		"a code that belongs to another login": {func(q url.Values) { q.Set("code", "stolen") }, transfer.AnswerInvalid, "invalid_grant"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			before := p.count("/token")
			q := p.back(mine)
			c.bend(q)
			_, err := party.Finish(t.Context(), q, mine.Secret)
			wants(t, err, c.code, c.says)
			if q.Get("code") != "stolen" && p.count("/token") != before {
				t.Error("the code was exchanged")
			}
		})
	}
	t.Run("refuses a code with the PKCE verifier of another login", func(t *testing.T) {
		_, err := party.Finish(t.Context(), p.back(mine), mine.Secret) // other pushed last
		wants(t, err, transfer.AnswerInvalid, "invalid_grant")
	})
	t.Run("refuses a secret that is none", func(t *testing.T) {
		if _, err := party.Finish(t.Context(), p.back(other), []byte(`{}`)); err == nil {
			t.Error("no error")
		}
	})
}

// What a pod that lies, or is not ready for this, may hand out.
func TestTokensRefused(t *testing.T) {
	claim := func(name string, value any) func(*pod) { return func(p *pod) { p.claims[name] = value } }
	token := func(name string, value any) func(*pod) { return func(p *pod) { p.answer[name] = value } }
	detail := func(name string, value any) func(*pod) {
		return func(p *pod) {
			d := p.details()
			d[name] = value
			p.answer["authorization_details"] = []document{d}
		}
	}
	signed := func(with func(p *pod, c document) string) func(*pod) {
		return func(p *pod) { p.idToken = func(c document) string { return with(p, c) } }
	}
	for name, c := range map[string]struct {
		bend func(*pod)
		code transfer.Code
		says string
	}{
		"no ID token":                              {token("id_token", ""), transfer.AnswerInvalid, "id token"},
		"an unsigned ID token":                     {signed(func(_ *pod, c document) string { return unsigned(`{"alg":"none","typ":"JWT"}`, c) }), transfer.AnswerInvalid, "unexpected signature algorithm"},
		"an ID token with HS256":                   {signed(func(_ *pod, c document) string { return unsigned(`{"alg":"HS256"}`, c) + "AAAA" }), transfer.AnswerInvalid, "unexpected signature algorithm"},
		"an ID token by an unknown key":            {signed(func(p *pod, c document) string { return p.sign(newKey(p.t), "JWT", c) }), transfer.AnswerInvalid, "key"},
		"an ID token whose claims were changed":    {signed(func(p *pod, c document) string { return forged(p.sign(p.key, "JWT", c), c) }), transfer.AnswerInvalid, "signature"},
		"a manifest instead of an ID token":        {signed(func(p *pod, c document) string { return p.sign(p.key, "podmove-manifest+jwt", c) }), transfer.AnswerInvalid, "another type"},
		"an ID token of another issuer":            {claim("iss", "http://127.0.0.1:1"), transfer.AnswerInvalid, "different provider"},
		"an ID token for another client":           {claim("aud", "http://127.0.0.1:1/oauth/client.json"), transfer.AnswerInvalid, "audience"},
		"an ID token for others, too":              {claim("aud", []string{clientID, "http://127.0.0.1:1"}), transfer.AnswerInvalid, "for others"},
		"an ID token issued to another party":      {claim("azp", "http://127.0.0.1:1"), transfer.AnswerInvalid, "another party"},
		"an ID token that has expired":             {claim("exp", time.Now().Add(-time.Minute).Unix()), transfer.AnswerInvalid, "expired"},
		"an ID token without an expiry":            {func(p *pod) { delete(p.claims, "exp") }, transfer.AnswerInvalid, "expired"},
		"the nonce of another login":               {signed(func(p *pod, c document) string { c["nonce"] = "other"; return p.sign(p.key, "JWT", c) }), transfer.AnswerInvalid, "nonce"},
		"no nonce":                                 {signed(func(p *pod, c document) string { delete(c, "nonce"); return p.sign(p.key, "JWT", c) }), transfer.AnswerInvalid, "nonce"},
		"an ID token of another access token":      {claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), transfer.AnswerInvalid, "access token"},
		"a sign-in from yesterday":                 {claim("auth_time", time.Now().Add(-24*time.Hour).Unix()), transfer.AnswerInvalid, "did not sign in"},
		"nobody":                                   {claim("sub", ""), transfer.AnswerInvalid, "subject"},
		"a subject as long as a book":              {claim("sub", strings.Repeat("s", 256)), transfer.AnswerInvalid, "subject"},
		"a subject that no database stores":        {claim("sub", "a\x00b"), transfer.AnswerInvalid, "subject"},
		"a subject without an account":             {claim("acct", nil), transfer.AnswerInvalid, "acct"},
		"the account of another person":            {func(p *pod) { p.claims["acct"] = "borealis@" + p.host() }, transfer.IdentityDiffers, "is borealis@"},
		"an account of another pod":                {claim("acct", "aurora@127.0.0.1:1"), transfer.IdentityDiffers, "is aurora@127.0.0.1:1, and not"},
		"an ID that leads elsewhere by now":        {movesAway, transfer.IdentityDiffers, "belongs to"},
		"a token of an unknown type":               {token("token_type", "mac"), transfer.AnswerInvalid, "type"},
		"a token with a line break":                {token("access_token", "a\r\nX-Evil: 1"), transfer.AnswerInvalid, "characters"},
		"no access token":                          {token("access_token", ""), transfer.AnswerInvalid, "missing"},
		"an answer without details":                {token("authorization_details", nil), transfer.AnswerInvalid, "authorization_details"},
		"details of another type":                  {detail("type", "payment"), transfer.AnswerInvalid, "authorization_details"},
		"two details":                              {func(p *pod) { p.answer["authorization_details"] = []document{p.details(), p.details()} }, transfer.AnswerInvalid, "authorization_details"},
		"details that cannot be read":              {detail("collections", "all"), transfer.AnswerInvalid, "authorization_details"},
		"another purpose":                          {detail("purpose", "copy"), transfer.AnswerInvalid, "not those asked for"},
		"another destination":                      {detail("destination", "mallory@evil.example"), transfer.AnswerInvalid, "not those asked for"},
		"a span that nobody asked for":             {detail("since", "2020-01-01T00:00:00Z"), transfer.AnswerInvalid, "not those asked for"},
		"a collection that nobody asked for":       {detail("collections", []string{"profile", "messages"}), transfer.AnswerInvalid, "collections"},
		"a collection twice":                       {detail("collections", []string{"profile", "profile"}), transfer.AnswerInvalid, "collections"},
		"nothing granted":                          {detail("collections", []string{}), transfer.AnswerInvalid, "collections"},
		"a scope that is too small":                {token("scope", "openid transfer:read"), transfer.ScopeMissing, "less than a move needs"},
		"a key set without the key":                {func(p *pod) { p.keySet = newKey(p.t).Public() }, transfer.AnswerInvalid, "does not publish"},
		"a key set without an end":                 {func(p *pod) { p.serve["/jwks"] = endless }, transfer.AnswerInvalid, "too large"},
		"a token answer without an end":            {func(p *pod) { p.serve["/token"] = endless }, transfer.AnswerInvalid, "too large"},
		"a token answer that is rubbish":           {func(p *pod) { p.serve["/token"] = rubbish }, transfer.AnswerInvalid, "cannot be read"},
		"a token endpoint that forwards":           {func(p *pod) { p.serve["/token"] = http.RedirectHandler("/par", http.StatusTemporaryRedirect).ServeHTTP }, transfer.AnswerInvalid, "307"},
		"a member twice with different values":     {signed(twice), transfer.AnswerInvalid, "id token"},
		"an ID token with two signatures or parts": {token("id_token", "a.b.c.d.e"), transfer.AnswerInvalid, "id token"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			p := newPod(t)
			party := p.party()
			started := p.begin(party)
			p.bend(func() { c.bend(p) })
			_, err := party.Finish(t.Context(), p.back(started), started.Secret)
			wants(t, err, c.code, c.says)
			took := p.count("/token") > 0 && p.access != "" && p.answer["token_type"] == "bearer" && p.answer["access_token"] == nil
			if took && p.form("/revoke").Get("token") != p.refresh {
				t.Error("tokens that are of no use were not given back")
			}
		})
	}
	t.Run("refuses limited posts that nobody asked for", func(t *testing.T) {
		p := newPod(t)
		party, ask := p.party(), p.ask()
		ask.Limited = false
		started, err := party.Begin(t.Context(), ask)
		must(t, err)
		_, err = party.Finish(t.Context(), p.back(started), started.Secret)
		wants(t, err, transfer.AnswerInvalid, "not those asked for")
	})
}

// movesAway lets WebFinger name another pod while the person agrees.
func movesAway(p *pod) {
	p.finger["links"] = []document{{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": "http://127.0.0.1:1"}}
}

// unsigned is a token with a header of one's own and no signature.
func unsigned(header string, claims document) string {
	payload, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

func forged(good string, claims document) string {
	claims["sub"] = "fedcba9876543210"
	payload, _ := json.Marshal(claims)
	part := strings.Split(good, ".")
	return part[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + part[2]
}

func twice(p *pod, c document) string {
	payload, _ := json.Marshal(c)
	return p.sign(p.key, "JWT", json.RawMessage(strings.Replace(string(payload), "{", `{"sub":"someone",`, 1)))
}

func TestRevoke(t *testing.T) {
	p := newPod(t)
	party := p.party()
	granted := p.agree(party)
	t.Run("gives the refresh token back", func(t *testing.T) {
		must(t, party.Revoke(t.Context(), granted.Tokens))
		if form := p.form("/revoke"); form.Get("token") != p.refresh || form.Get("token_type_hint") != "refresh_token" {
			t.Errorf("sent %v", form)
		}
	})
	t.Run("says when the pod is not there", func(t *testing.T) {
		p.instead("/revoke", func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, nil) })
		wants(t, party.Revoke(t.Context(), granted.Tokens), transfer.Unavailable, "just now")
	})
	t.Run("stops with its caller", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := party.Revoke(ctx, granted.Tokens); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses what are no tokens", func(t *testing.T) {
		if party.Revoke(t.Context(), []byte("{}")) == nil {
			t.Error("no error")
		}
	})
}
