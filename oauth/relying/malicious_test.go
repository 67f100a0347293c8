package relying_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/transfer"
)

// TestMaliciousProvider is a pod that tries what RFC 9700 warns of, against this
// pod as its client. Each line has the number that it has in docs/security.md.
func TestMaliciousProvider(t *testing.T) {
	t.Run("4: PKCE is always S256, with a new verifier for each request", func(t *testing.T) {
		p := newPod(t)
		party, seen := p.party(), map[string]bool{}
		for range 3 {
			p.begin(party)
			form := p.form("/par")
			challenge := form.Get("code_challenge")
			if form.Get("code_challenge_method") != "S256" || len(challenge) != 43 || seen[challenge] {
				t.Errorf("pushed %v", form)
			}
			seen[challenge] = true
		}
		p.bend(func() { p.metadata["code_challenge_methods_supported"] = []string{"plain"} })
		_, err := p.party().Begin(t.Context(), p.ask())
		wants(t, err, transfer.AnswerInvalid, "S256")
	})
	t.Run("7: an answer without iss, or with another, ends the login", func(t *testing.T) {
		p := newPod(t)
		party := p.party()
		for _, bend := range []func(url.Values){
			func(q url.Values) { q.Del("iss") }, func(q url.Values) { q.Set("iss", "http://127.0.0.1:1") },
			func(q url.Values) { q.Set("iss", p.url+"/") }, func(q url.Values) { q.Del("iss"); q.Del("code"); q.Set("error", "access_denied") },
		} {
			started := p.begin(party)
			back := p.back(started)
			bend(back)
			before := p.count("/token")
			_, err := party.Finish(t.Context(), back, started.Secret)
			wants(t, err, transfer.RequestInvalid, "does not belong")
			if p.count("/token") != before {
				t.Error("the code was sent on")
			}
		}
	})
	t.Run("8: a code of an honest pod never reaches a malicious one", func(t *testing.T) { mixUp(t) })
	t.Run("11: no more is asked for than a copy or a move needs, and no more is taken", func(t *testing.T) {
		p := newPod(t)
		ask := p.ask()
		ask.Purpose, ask.Collections = transfer.Copy, []transfer.Collection{transfer.Posts}
		_, err := p.party().Begin(t.Context(), ask)
		must(t, err)
		if got := p.form("/par").Get("scope"); got != "openid transfer:read" {
			t.Errorf("asked for %q", got)
		}
		p.bend(func() {
			p.answer["authorization_details"] = []document{detailsWith(p, "limited", true, "purpose", "move")}
		})
		party := p.party()
		started, err := party.Begin(t.Context(), ask)
		must(t, err)
		_, err = party.Finish(t.Context(), p.back(started), started.Secret)
		wants(t, err, transfer.AnswerInvalid, "not those asked for")
	})
	t.Run("13: tokens that are not bound are not taken, and bound ones never go without proof", func(t *testing.T) {
		p := newPod(t)
		p.bend(func() { p.answer["token_type"] = "Bearer" })
		started := p.begin(p.party())
		_, err := p.party().Finish(t.Context(), p.back(started), started.Secret)
		wants(t, err, transfer.AnswerInvalid, "token: the type")
		p.bend(func() { p.metadata["dpop_signing_alg_values_supported"] = []string{"none", "HS256"} })
		_, err = p.party().Begin(t.Context(), p.ask())
		wants(t, err, transfer.AnswerInvalid, "ES256")
		v := newVisit(t, nil)
		v.instead("/transfer/v1", func(w http.ResponseWriter, r *http.Request) {
			answer(w, 200, nil)
			if r.Header.Get("DPoP") == "" || r.Header.Get("Authorization")[:5] != "DPoP " {
				t.Errorf("sent %v", r.Header)
			}
		})
		v.works(t)
	})
	t.Run("17: an error of a pod leads the browser nowhere", func(t *testing.T) {
		p := newPod(t)
		started := p.begin(p.party())
		back := url.Values{"error": {"http://evil.example/"}, "error_uri": {"http://evil.example/"}, "state": {started.State}, "iss": {p.url}}
		_, err := p.party().Finish(t.Context(), back, started.Secret)
		wants(t, err, transfer.AnswerInvalid, "no reason given")
	})
	t.Run("19: metadata of another issuer, over http, or with endpoints elsewhere are refused", func(t *testing.T) {
		for name, value := range map[string]string{
			"issuer": "http://127.0.0.1:1", "token_endpoint": "http://127.0.0.1:1/token", "jwks_uri": "https://evil.example/jwks",
			"authorization_endpoint": "javascript:alert(1)", "pushed_authorization_request_endpoint": "http://169.254.169.254/par",
		} {
			p := newPod(t)
			p.metadata[name] = value
			_, err := p.party().Begin(t.Context(), p.ask())
			wants(t, err, transfer.AnswerInvalid, "")
		}
		p := newPod(t)
		o := p.options()
		o.Development, o.HTTP = false, outbound.New(outbound.Options{})
		_, err := relying.New(o).Begin(t.Context(), p.ask())
		wants(t, err, transfer.PodUnreachable, "no address that this pod may speak with")
	})
	t.Run("20: an ID token has to be right in all of its parts", func(t *testing.T) {
		for name, bend := range map[string]func(*pod){
			"alg none":       func(p *pod) { p.idToken = func(c document) string { return unsigned(`{"alg":"none"}`, c) } },
			"alg HS256":      func(p *pod) { p.idToken = func(c document) string { return unsigned(`{"alg":"HS256"}`, c) + "AAAA" } },
			"another key":    func(p *pod) { p.idToken = func(c document) string { return p.sign(newKey(p.t), "JWT", c) } },
			"another issuer": func(p *pod) { p.claims["iss"] = "http://127.0.0.1:1" },
			"another client": func(p *pod) { p.claims["aud"] = "http://127.0.0.1:1/oauth/client.json" },
			"two clients":    func(p *pod) { p.claims["aud"] = []string{clientID, "http://127.0.0.1:1"} },
			"another party":  func(p *pod) { p.claims["azp"] = "http://127.0.0.1:1" },
			"an old one":     func(p *pod) { p.claims["exp"] = time.Now().Add(-time.Minute).Unix() },
			"another nonce":  func(p *pod) { p.idToken = func(c document) string { c["nonce"] = "x"; return p.sign(p.key, "JWT", c) } },
			"another token":  func(p *pod) { p.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
		} {
			p := newPod(t)
			bend(p)
			started := p.begin(p.party())
			_, err := p.party().Finish(t.Context(), p.back(started), started.Secret)
			if transfer.CodeOf(err) != transfer.AnswerInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := newPod(t) // at_hash may be left out
		p.agree(p.party())
	})
}

// mixUp: RFC 9700 §4.4. A person begins at the malicious pod, whose page leads
// their browser to the honest one; what that answers comes back here.
func mixUp(t *testing.T) {
	honest, evil := newPod(t), newPod(t)
	evil.client, evil.proof = honest.client, honest.proof
	party := honest.party()
	good, bad := honest.begin(party), evil.begin(party)
	_, err := party.Finish(t.Context(), url.Values{"code": {"the code"}, "state": {bad.State}, "iss": {honest.url}}, bad.Secret)
	wants(t, err, transfer.RequestInvalid, "does not belong")
	_, err = party.Finish(t.Context(), url.Values{"code": {"the code"}, "state": {good.State}, "iss": {honest.url}}, bad.Secret)
	wants(t, err, transfer.RequestInvalid, "does not belong")
	if evil.count("/token") != 0 {
		t.Error("the code was sent to the malicious pod")
	}
	_, err = party.Finish(t.Context(), honest.back(good), good.Secret)
	must(t, err)
}

// detailsWith are the pod's details with members changed.
func detailsWith(p *pod, pairs ...any) document {
	d := p.details()
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i].(string)] = pairs[i+1]
	}
	return d
}
