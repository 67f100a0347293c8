package relying

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"podmove/internal/outbound"
	"podmove/oauth/dpop"
	"podmove/transfer"
)

// assertionLife is how long a client assertion can be used.
const assertionLife = time.Minute

// maxDescription is how much of a stranger's explanation the log gets, in bytes.
const maxDescription = 300

// A refusal is an OAuth error (RFC 6749 §5.2).
type refusal struct {
	status      int
	code        string // such as invalid_grant; empty if there was none to read
	description string
	after       time.Duration // of Retry-After; zero is unknown
}

// Error is error.
func (r *refusal) Error() string {
	return fmt.Sprintf("the answer is %d %s: %q", r.status, r.code, r.description)
}

// coded is a refusal as the person reads it, if the pod's trouble is its own
// and will pass; else what says.
func (r *refusal) coded(host string, otherwise *transfer.Error) error {
	switch {
	case r.status == http.StatusTooManyRequests:
		otherwise = transfer.Errorf(transfer.RateLimited, "%s asks to come back later", host)
	case r.status >= http.StatusInternalServerError:
		otherwise = transfer.Errorf(transfer.Unavailable, "%s cannot answer just now. Try again later", host)
	}
	otherwise.RetryAfter = r.after
	return otherwise.Because(r)
}

// post sends a form to one of a pod's endpoints, with the proof of who this pod
// is and that it holds the key, and reads the answer if one is wanted. Errors:
// *refusal, *transfer.Error, or this pod's own trouble.
func (p *Party) post(ctx context.Context, peer Peer, endpoint, key string, form url.Values, answer any) error {
	err := p.postOnce(ctx, peer, endpoint, key, form, answer)
	if refusal, ok := refusalOf(err); ok && refusal.code == dpop.NonceCode { // RFC 9449 §8
		err = p.postOnce(ctx, peer, endpoint, key, form, answer)
	}
	return err
}

// postOnce makes a new assertion each time: the one that came with a proof that
// was refused may be used up.
func (p *Party) postOnce(ctx context.Context, peer Peer, endpoint, key string, form url.Values, answer any) error {
	request, err := p.formRequest(ctx, peer, endpoint, form)
	if err != nil {
		return err
	}
	response, err := p.proving(key).Do(request)
	if err != nil {
		return trouble(ctx, hostOf(peer.Issuer), err)
	}
	defer response.Body.Close()
	err = read(response, answer)
	if _, ok := refusalOf(err); ok {
		return err
	}
	return trouble(ctx, hostOf(peer.Issuer), err)
}

func (p *Party) formRequest(ctx context.Context, peer Peer, endpoint string, form url.Values) (*http.Request, error) {
	assertion, err := p.assertion(peer.Issuer)
	if err != nil {
		return nil, err
	}
	form.Set("client_id", p.ClientID)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	return request, nil
}

// proving is a client that adds proofs by a key to what it sends.
func (p *Party) proving(key string) *http.Client {
	own := *p.HTTP
	own.Transport = prover{p, p.HTTP.Transport, key}
	return &own
}

// A prover is a RoundTripper that adds proofs by one key.
type prover struct {
	party *Party
	next  http.RoundTripper
	key   string
}

// RoundTrip is http.RoundTripper.
func (p prover) RoundTrip(r *http.Request) (*http.Response, error) {
	key, err := p.party.Key(r.Context(), p.key)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	return p.party.prover.RoundTrip(p.next, r, key)
}

func read(response *http.Response, answer any) error {
	data, err := outbound.ReadAll(response.Body, maxDocument)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return refused(response, data)
	}
	if answer == nil {
		return nil
	}
	if err := outbound.ContentType(response, "application/json"); err != nil {
		return err
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%w: %w", outbound.ErrRubbish, err)
	}
	return nil
}

// errorShape is tighter than RFC 6749 §5.2, and holds all codes there are.
var errorShape = regexp.MustCompile(`^[a-z_]{1,60}$`)

func refused(response *http.Response, data []byte) error {
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	r := &refusal{status: response.StatusCode}
	if json.Unmarshal(data, &body) == nil && errorShape.MatchString(body.Error) {
		r.code, r.description = body.Error, body.Description[:min(len(body.Description), maxDescription)]
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.after = time.Duration(min(seconds, 3600)) * time.Second // Protocol §4.5
	}
	return r
}

// assertion is private_key_jwt (RFC 7523 §3): good once, at one issuer, for a
// minute. Its type keeps it from being taken for another message.
func (p *Party) assertion(issuer string) (string, error) {
	now := p.Now()
	return p.Sign("client-authentication+jwt", map[string]any{
		"iss": p.ClientID, "sub": p.ClientID, "aud": issuer, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
}

// refusalOf finds the refusal in an error.
func refusalOf(err error) (*refusal, bool) { return errors.AsType[*refusal](err) }
