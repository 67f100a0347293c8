package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Of the account that everybody reads.
const (
	username = "ada"
	password = "a password for the bench"
)

// A pod is what is known of the pod under test.
type pod struct {
	issuer  string
	at      endpoints
	program *program
}

// endpoints are what is read of discovery.
type endpoints struct {
	Register  string `json:"registration_endpoint"`
	Push      string `json:"pushed_authorization_request_endpoint"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
}

// newPod starts a pod on SQLite in a directory, and gets a grant for each worker:
// alike is for what the example provider does, too, a secret and bearer tokens;
// otherwise it is for what pods do with each other.
func newPod(ctx context.Context, children *sync.WaitGroup, binary, dir string, alike bool) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := pod{issuer: "http://" + address}
	data := filepath.Join(dir, "pod")
	add := exec.CommandContext(ctx, binary, "account", "add", username, "--email", username+"@mail.example", "--password-stdin", "--data", data)
	add.Stdin = strings.NewReader(password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("no account: %w: %s", err, out)
	}
	environment := []string{"PODMOVE_DATA=" + data, "PODMOVE_PUBLIC_URL=" + p.issuer, "PODMOVE_DATABASE=", "PODMOVE_LIMIT_STRANGER=0", "PODMOVE_LIMIT_ALL=0", "PODMOVE_CLIENT_REGISTRATION=open"}
	if err := start(ctx, children, p.issuer+"/readyz", environment, binary, "serve", "--listen", address); err != nil {
		return nil, err
	}
	if err := get(ctx, p.issuer+"/.well-known/openid-configuration", &p.at); err != nil {
		return nil, err
	}
	if p.program, err = newProgram(p.issuer); err != nil {
		return nil, err
	}
	s := &server{what: "podmove: rows in SQLite in " + filepath.Dir(dir) + ", ID tokens ES256, private_key_jwt, DPoP with nonces"}
	if alike {
		if err := p.program.register(ctx, p.at.Register); err != nil {
			return nil, err
		}
		s.what = "podmove: rows in SQLite in " + filepath.Dir(dir) + ", ID tokens ES256, client_secret_basic"
	}
	codes, err := p.codes(ctx)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		refresh, err := p.redeem(ctx, code)
		if err != nil {
			return nil, err
		}
		s.refresh = append(s.refresh, refresh)
	}
	return s, nil
}

// redeem exchanges a code and answers how to refresh what came of it.
func (p *pod) redeem(ctx context.Context, code string) (func(context.Context) error, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.program.callback()}, "code_verifier": {verifier}}
	var held tokens
	if err := p.post(ctx, p.at.Token, form, &held); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		old := held.Refresh
		held = tokens{}
		if err := p.post(ctx, p.at.Token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}}, &held); err != nil {
			return err
		}
		return held.whole(old)
	}, nil
}

// codes pushes a request for each worker, and lets the person, who signs in
// once, agree to all of them.
func (p *pod) codes(ctx context.Context) ([]string, error) {
	jar, _ := cookiejar.New(nil) // never fails without options
	browser := &http.Client{Jar: jar, CheckRedirect: client.CheckRedirect}
	var waiting []string
	for range workers {
		pushed, err := p.push(ctx)
		if err != nil {
			return nil, err
		}
		query := url.Values{"client_id": {p.program.id()}, "request_uri": {pushed}}
		interaction, err := visit(ctx, browser, http.MethodGet, p.at.Authorize+"?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, interaction.String())
	}
	who := url.Values{"username": {username}, "password": {password}}
	if _, err := visit(ctx, browser, http.MethodPost, p.issuer+"/sign-in", who); err != nil {
		return nil, err
	}
	var codes []string
	for _, interaction := range waiting {
		back, err := visit(ctx, browser, http.MethodPost, interaction, url.Values{"decision": {"allow"}, "carry": {"posts"}})
		if err != nil {
			return nil, err
		}
		codes = append(codes, back.Query().Get("code"))
	}
	return codes, nil
}

func (p *pod) push(ctx context.Context) (string, error) {
	var pushed struct {
		URI string `json:"request_uri"`
	}
	err := p.post(ctx, p.at.Push, url.Values{
		"response_type": {"code"}, "redirect_uri": {p.program.callback()}, "scope": {"openid transfer:read"},
		"state": {"a state for the bench"}, "nonce": {"a nonce for the bench"}, "resource": {p.issuer + "/transfer/v1"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
		"authorization_details": {`[{"type":"account_transfer","purpose":"copy","collections":["posts"],"limited":false}]`},
	}, &pushed)
	return pushed.URI, err
}

// post is a request by the program, with its proofs.
func (p *pod) post(ctx context.Context, address string, form url.Values, answer any) error {
	for {
		headers, nonce, err := p.program.prove(form, address)
		if err != nil {
			return err
		}
		response, err := post(ctx, address, form, headers, answer)
		if response == nil {
			return err
		}
		fresh := response.Header.Get("DPoP-Nonce")
		p.program.nonce.Store(fresh)
		// RFC 9449 §8: once more, with the nonce that came.
		if err == nil || fresh == "" || fresh == nonce || !strings.Contains(err.Error(), "use_dpop_nonce") {
			return err
		}
	}
}

// visit is a step of the person's browser, to where it is led next.
func visit(ctx context.Context, browser *http.Client, method, address string, form url.Values) (*url.URL, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := browser.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	next, err := response.Location()
	if err != nil {
		err = fmt.Errorf("%s %s answers %d and leads nowhere", method, r.URL.Path, response.StatusCode)
	}
	return next, err
}

func get(ctx context.Context, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}
