package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"podmove/transfer"
)

// Options are what a Client is made from.
type Options struct {
	// HTTP makes the requests. It adds the token, and bounds an exchange's time.
	HTTP *http.Client
	// Base is the protected resource: https://old.example/transfer/v1.
	Base string
	// Issuer is the other pod's public URL, Audience this side's own; both
	// stand in the manifest.
	Issuer, Audience string
	// Transfer is the id of a transfer opened earlier; empty before Open.
	Transfer string
	// Nonce is the transfer nonce (Protocol §4.3).
	Nonce string
	// Verify checks a JWS of the kind typ against the other pod's keys and
	// reads its claims.
	Verify func(ctx context.Context, jws, typ string, claims any) error
	// Patience is the longest wait that one call bears by itself before it
	// gives the wait to its caller; zero is 3 seconds.
	Patience time.Duration
}

// A Client speaks with one transfer at one pod. It is safe for concurrent use
// once the transfer is open.
type Client struct {
	http     *http.Client
	base     *url.URL
	issuer   string
	audience string
	transfer string
	nonce    string
	verify   func(ctx context.Context, jws, typ string, claims any) error
	patience time.Duration
	tags     etags
}

var _ transfer.Reader = (*Client)(nil)

// idShape is what a transfer's id may look like: it becomes part of an address.
var idShape = regexp.MustCompile(`^[0-9A-Za-z_-]{8,128}$`)

// New makes a Client. It makes no request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, transfer.Errorf(transfer.AnswerInvalid, "%.200q is not the address of a transfer API", o.Base)
	}
	if o.Transfer != "" && !idShape.MatchString(o.Transfer) {
		return nil, errors.New("client: the transfer's id has not the shape of one")
	}
	within := *o.HTTP
	within.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if o.Patience == 0 {
		o.Patience = 3 * time.Second
	}
	return &Client{
		http: &within, base: base, issuer: o.Issuer, audience: o.Audience,
		transfer: o.Transfer, nonce: o.Nonce, verify: o.Verify, patience: o.Patience,
	}, nil
}

// address is below the base. Its parts are single segments.
func (c *Client) address(query url.Values, parts ...string) string {
	u := *c.base
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + "/" + strings.Join(parts, "/")
	u.Path, _ = url.PathUnescape(raw) // escaped a moment ago
	u.RawPath, u.RawQuery = raw, query.Encode()
	return u.String()
}

// here is an address of this transfer.
func (c *Client) here(query url.Values, parts ...string) string {
	return c.address(query, append([]string{"transfers", c.transfer}, parts...)...)
}

// exchange makes one request and returns the answer if its status is one of
// those wanted. The caller closes its body.
func (c *Client) exchange(r *http.Request, wanted ...int) (*http.Response, error) {
	r.Header.Set("Accept-Encoding", "identity")
	response, err := c.http.Do(r)
	if err != nil {
		return nil, unreachable(r.Context(), err)
	}
	for _, status := range wanted {
		if response.StatusCode == status {
			return response, nil
		}
	}
	defer response.Body.Close()
	return nil, readProblem(response)
}

// unreachable says why nothing came. An error that already has a code (the
// token could not be renewed) keeps it, and so does our own stopping.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if coded, ok := errors.AsType[*transfer.Error](err); ok {
		return coded
	}
	return transfer.Errorf(transfer.PodUnreachable, "the old pod does not answer").Because(err)
}
