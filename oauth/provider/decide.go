package provider

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/transfer"
)

// A Decision is what a person decided about an interaction.
type Decision struct {
	Allow       bool
	Collections []string // of those asked for
	Limited     bool     // limited posts, too, if they were asked for
	Choices     oauth.Choices
}

// A Person is who decides: an account, and when its password was typed.
type Person struct {
	GUID       string
	SignedInAt time.Time
}

// ErrSignIn means that the person signed in before the request began and must do so
// again (Protocol §2.1).
var ErrSignIn = errors.New("provider: consent takes a sign-in that is newer than the request")

// Decide answers a waiting request, once, and says where to send the browser:
// back to the client with a code, or with access_denied. Saying no takes nobody
// who is signed in.
func (p *Provider) Decide(ctx context.Context, id, browser string, who Person, d Decision) (string, error) {
	pending, r, err := p.waiting(ctx, id, browser)
	if err != nil {
		return "", err
	}
	if !d.Allow {
		return p.deny(ctx, pending, r)
	}
	// OpenID Connect Core §3.1.2.1: fosite passes over max_age=0, so this is
	// not left to it.
	if who.SignedInAt.Before(pending.CreatedAt) {
		return "", ErrSignIn
	}
	asked, err := parseDetails(r.Form.Get("authorization_details"))
	if err != nil {
		return "", err
	}
	account, err := p.grantable(ctx, who.GUID, r.GetClient().GetID(), asked)
	if err != nil {
		return "", err
	}
	granted, err := narrow(asked, d)
	if err != nil {
		return "", err
	}
	return p.allow(ctx, pending, r, account, who, oauth.Grant{Details: granted, Choices: d.Choices})
}

// deny answers the client that the person said no (RFC 6749 §4.1.2.1).
func (p *Provider) deny(ctx context.Context, pending Pending, r *fosite.Request) (string, error) {
	won, err := p.Store.DropInteraction(ctx, pending.ID)
	if err != nil {
		return "", err
	}
	if !won {
		return "", lost()
	}
	return p.back(r, url.Values{
		"error":             {"access_denied"},
		"error_description": {"The person said no."},
	})
}

// allow makes the grant and its code in one transaction.
func (p *Provider) allow(ctx context.Context, pending Pending, r *fosite.Request, a Account, who Person, g oauth.Grant) (string, error) {
	c := r.Client.(*client)
	g.ID, g.Account, g.Client, g.Scopes = r.GetID(), a.GUID, c.ID, r.RequestedScope
	if !c.Registered { // which has no document to follow its keys by
		g.Keys = c.Keys
	}
	g.Redirect = redirectHost(r)
	var answer url.Values
	err := p.Store.InTx(ctx, func(ctx context.Context) error {
		won, err := p.Store.DropInteraction(ctx, pending.ID)
		if err != nil {
			return err
		}
		if !won {
			return lost()
		}
		if err := p.stillThere(ctx, c); err != nil {
			return err
		}
		if err := p.Store.AddGrant(ctx, g, p.clock()); err != nil {
			return err
		}
		request := p.granted(r, c)
		response, err := p.fosite.NewAuthorizeResponse(ctx, request, p.identity(a, who, pending, r.Form.Get("dpop_jkt")))
		if err != nil {
			return transfer.Errorf(transfer.Internal, "the code could not be made").Because(err)
		}
		answer = url.Values{"code": {response.GetParameters().Get("code")}}
		return nil
	})
	if err != nil {
		return "", err
	}
	p.Log.InfoContext(ctx, "granted access to an account", "account", a.GUID, "client", cmp.Or(c.host(), c.ID), "grant", g.ID, "purpose", g.Details.Purpose)
	return p.back(r, answer)
}

// stillThere: a client that ended since it asked gets nothing.
func (p *Provider) stillThere(ctx context.Context, c *client) error {
	if !c.Registered {
		return nil
	}
	found, err := p.Store.KeepClient(ctx, c.ID, p.clock())
	if err == nil && !found {
		return lost()
	}
	return err
}

// granted is the request as fosite gives a code for it.
func (p *Provider) granted(r *fosite.Request, c *client) *fosite.AuthorizeRequest {
	request := fosite.NewAuthorizeRequest()
	request.Request = *r
	request.RedirectURI, _ = url.Parse(r.Form.Get("redirect_uri")) // checked when it was pushed
	request.ResponseTypes = fosite.Arguments{"code"}
	request.State = r.Form.Get("state")
	for _, scope := range r.RequestedScope {
		request.GrantScope(scope)
	}
	request.GrantAudience(c.Resource)
	return request
}

// identity is what the ID token will say. The diaspora* ID stands in a claim of
// its own, acct; the destination resolves it again (Protocol §2.7). The code is
// bound to the key that was named beforehand, if one was (RFC 9449 §10).
func (p *Provider) identity(a Account, who Person, pending Pending, key string) *session {
	s := newSession()
	s.Subject, s.Username, s.Key = a.GUID, a.Username, key
	claims := s.IDTokenClaims()
	claims.Subject = a.GUID
	claims.AuthTime = who.SignedInAt.UTC()
	claims.RequestedAt = pending.CreatedAt
	claims.Extra = map[string]any{"acct": a.ID, "preferred_username": a.Username}
	return s
}

// back is the client's redirect URI with an answer. RFC 9207 §2: every answer
// names its issuer, so that a client that speaks with many is not mixed up.
func (p *Provider) back(r *fosite.Request, answer url.Values) (string, error) {
	u, err := url.Parse(r.Form.Get("redirect_uri"))
	if err != nil {
		return "", err
	}
	q := u.Query()
	for name := range answer {
		q.Set(name, answer.Get(name))
	}
	q.Set("state", r.Form.Get("state"))
	q.Set("iss", p.Issuer)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
