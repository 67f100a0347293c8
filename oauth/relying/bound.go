package relying

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"podmove/oauth/dpop"
	"podmove/transfer"
)

// Client is a client for the transfer API of the tokens' pod, built on base. It
// adds the access token to requests of that API and refuses all others, follows
// no redirect, renews the token before it expires and once when it is refused,
// and saves what it got before it uses it. Errors that end a move until the
// person agrees anew are ConsentNeeded.
//
// Several such clients may use the same tokens, in several processes: of two
// that renew at once one loses and takes what the other has saved.
func (p *Party) Client(base *http.Client, t Tokens) *http.Client {
	own := direct(base)
	own.Transport = &bound{party: p, next: own.Transport, tokens: t, lock: make(chan struct{}, 1)}
	return own
}

// A bound is a RoundTripper with tokens that are bound to a key (RFC 9449 §7.1).
type bound struct {
	party  *Party
	next   http.RoundTripper
	tokens Tokens
	lock   chan struct{} // of held, and of renewing; a waiter can give up
	held   tokens
}

// RoundTrip is http.RoundTripper.
func (b *bound) RoundTrip(r *http.Request) (*http.Response, error) {
	t, err := b.token(r.Context(), "")
	if err == nil {
		err = belongs(r, t)
	}
	if err != nil {
		closeBody(r)
		return nil, err
	}
	response, err := b.prove(r, t)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	second, ok := dpop.Again(r)
	if !ok {
		return response, nil
	}
	drop(response)
	if t, err = b.token(r.Context(), t.Access); err != nil {
		closeBody(second)
		return nil, err
	}
	return b.prove(second, t)
}

// maxProofs is how many proofs go with a request before its pod is left alone
// for a while.
const maxProofs = 3

// prove sends a request with a proof that is taken. Each is good once, so that
// of a request which arrives twice, since somebody on its way sent it again, the
// second is refused (RFC 9449 §11.1). That says nothing against the token, and
// ends no move.
func (b *bound) prove(r *http.Request, t tokens) (*http.Response, error) {
	for try := 1; ; try++ {
		response, err := b.send(r, t)
		if err != nil || !unproven(response) {
			return response, err
		}
		again, ok := dpop.Again(r)
		if !ok {
			return response, nil
		}
		drop(response)
		if r = again; try == maxProofs {
			closeBody(r)
			return nil, transfer.Errorf(transfer.Unavailable, "%s refuses what proves that the permission is ours. If that lasts, one of the two pods has a wrong clock", hostOf(t.Issuer))
		}
	}
}

// unproven: the proof was refused, and not the token.
func unproven(response *http.Response) bool {
	return response.StatusCode == http.StatusUnauthorized &&
		strings.Contains(strings.Join(response.Header.Values("WWW-Authenticate"), ","), `"invalid_dpop_proof"`)
}

// drop lets the connection serve again.
func drop(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, maxDocument)
	response.Body.Close()
}

// belongs refuses a request that leads anywhere but to the resource (RFC 8707).
func belongs(r *http.Request, t tokens) error {
	origin := r.URL.Scheme + "://" + r.URL.Host
	path := r.URL.EscapedPath()
	if origin != t.Issuer || path != resourcePath && !strings.HasPrefix(path, resourcePath+"/") {
		return errors.New("relying: the token is for " + t.Issuer + resourcePath + " and not for " + origin)
	}
	return nil
}

// send adds the token, and the proof that it is ours.
func (b *bound) send(r *http.Request, t tokens) (*http.Response, error) {
	own := r.Clone(r.Context()) // a RoundTripper leaves the request alone
	own.Header.Set("Authorization", dpop.Scheme+" "+t.Access)
	return prover{b.party, b.next, t.Key}.RoundTrip(own)
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

// token is an access token that is not the one refused.
func (b *bound) token(ctx context.Context, refused string) (tokens, error) {
	select {
	case b.lock <- struct{}{}:
		defer func() { <-b.lock }()
	case <-ctx.Done():
		return tokens{}, ctx.Err()
	}
	if b.fit(b.held, refused) {
		return b.held, nil
	}
	t, err := b.newest(ctx, refused)
	if err == nil {
		b.held = t
	}
	return t, err
}

func (b *bound) fit(t tokens, refused string) bool {
	return t.Access != "" && t.Access != refused && !t.due(b.party.Now())
}

// newest takes the tokens that are saved, if someone renewed them, and else
// renews them. A refusal may mean that another process was faster and has not
// saved yet, or that an earlier answer was lost, with the process that waited
// for it: a source then takes the old refresh token once more after a few
// seconds. So there is a second try, with what is saved by then.
func (b *bound) newest(ctx context.Context, refused string) (tokens, error) {
	for try := 1; ; try++ {
		saved, err := b.load(ctx)
		if err != nil {
			return tokens{}, err
		}
		if b.fit(saved, refused) {
			return saved, nil
		}
		if saved.Refresh == "" {
			return tokens{}, consentNeeded(saved.Issuer, errors.New("there is no refresh token"))
		}
		fresh, err := b.renew(ctx, saved)
		refusal, ok := refusalOf(err)
		switch {
		case !ok:
			return fresh, err
		case try == 2 || !worn(refusal):
			return tokens{}, refusal.coded(hostOf(saved.Issuer), consentNeeded(saved.Issuer, err))
		}
		if err := pause(ctx, b.party.Again); err != nil {
			return tokens{}, err
		}
	}
}

func (b *bound) load(ctx context.Context) (tokens, error) {
	data, err := b.tokens.Load(ctx)
	if err != nil {
		return tokens{}, err
	}
	return decodeTokens(data)
}

// renew is not broken off by who waits for it: the old refresh token is used up
// the moment that the request is read, and what comes back must be saved.
func (b *bound) renew(ctx context.Context, old tokens) (tokens, error) {
	ctx, cancel := b.party.detached(ctx)
	defer cancel()
	fresh, err := b.party.refresh(ctx, old)
	if err != nil {
		return tokens{}, err
	}
	data, err := fresh.encode()
	if err != nil {
		return tokens{}, err
	}
	return fresh, b.tokens.Save(ctx, data)
}

// worn: the refresh token was used before, or the request was, since it arrived
// twice: then it is its proof or its assertion that is refused. Some servers call
// the loser of a race invalid_request.
func worn(r *refusal) bool {
	return slices.Contains([]string{"invalid_grant", "invalid_request", "invalid_dpop_proof", "invalid_client"}, r.code)
}

func consentNeeded(issuer string, err error) *transfer.Error {
	return transfer.Errorf(transfer.ConsentNeeded,
		"%s no longer lets this pod read the account. What came is kept; agree there once more to go on", hostOf(issuer)).Because(err)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
