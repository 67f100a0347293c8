package provider

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/transfer"
)

// An Interaction is a request that waits for a person's decision.
type Interaction struct {
	ID         string
	Client     string // client_id
	Host       string // of the client: all that is known of it for sure
	Name       string // what the client calls itself; not to be trusted
	Public     bool   // the client has no key to prove who it is
	Registered bool   // it registered itself: Host is only where the answer goes
	Redirect   string // the origin that the browser is sent back to
	Hint       string // login_hint: the ID that the client asks for, or empty
	Scopes     []string
	Details    oauth.Details
	StartedAt  time.Time
	ExpiresAt  time.Time
}

// lost is what a person reads whose request is unknown, used, or too old.
func lost() error {
	return transfer.Errorf(transfer.RequestInvalid,
		"This request is unknown, was answered before, or is too old. Nothing was granted. Go back to where you came from and start again.")
}

// Begin consumes a pushed request, which the query of GET /oauth/authorize
// names, and makes it wait for the browser's person. It answers the id of the
// interaction, which its page's address holds. A request can be begun once, so
// that a reload and a stolen address lead nowhere. Errors are for people: until
// the client is known there is nowhere to send them.
func (p *Provider) Begin(ctx context.Context, query, browser string) (string, error) {
	form, err := parameters(query, []string{"client_id", "request_uri"})
	if err != nil || form.Get("request_uri") == "" || browser == "" {
		return "", transfer.Errorf(transfer.RequestInvalid,
			"This address lacks what the other pod should have put into it: requests are pushed first. Go back there and start again.").Because(err)
	}
	id := rand.Text()
	err = p.Store.InTx(ctx, func(ctx context.Context) error {
		row, _, err := p.storage.find(ctx, KindPushed, form.Get("request_uri"))
		// Another client must not use up a request that it got hold of.
		if errors.Is(err, fosite.ErrNotFound) || err == nil && row.Client != form.Get("client_id") {
			return lost()
		}
		if err != nil {
			return err
		}
		won, err := p.Store.DropOAuthRow(ctx, KindPushed, row.Signature)
		if err != nil {
			return err
		}
		if !won {
			return lost()
		}
		return p.Store.AddInteraction(ctx, p.pending(id, browser, row.Body))
	})
	return id, err
}

func (p *Provider) pending(id, browser string, body []byte) Pending {
	now := p.clock()
	return Pending{ID: hash(id), Browser: hash(browser), Body: body, CreatedAt: now, ExpiresAt: now.Add(interactionLife)}
}

// Interaction finds a waiting request for the browser that began it.
func (p *Provider) Interaction(ctx context.Context, id, browser string) (Interaction, error) {
	pending, r, err := p.waiting(ctx, id, browser)
	if err != nil {
		return Interaction{}, err
	}
	form, c := r.Form, r.Client.(*client)
	details, err := parseDetails(form.Get("authorization_details"))
	if err != nil {
		return Interaction{}, err
	}
	back, err := url.Parse(form.Get("redirect_uri"))
	if err != nil {
		return Interaction{}, err
	}
	return Interaction{
		ID: id, Client: c.ID, Host: cmp.Or(c.host(), back.Host), Name: c.Name, Public: c.IsPublic(), Registered: c.Registered,
		Redirect: back.Scheme + "://" + back.Host, Hint: hint(form.Get("login_hint")),
		Scopes: r.RequestedScope, Details: details,
		StartedAt: pending.CreatedAt, ExpiresAt: pending.ExpiresAt,
	}, nil
}

// hint is a login_hint that can be shown: an account's ID.
func hint(s string) string {
	s = strings.TrimPrefix(s, "acct:")
	if !transfer.ValidID(s) {
		return ""
	}
	return s
}

// waiting reads a pending request. One that is unknown, expired, or another
// browser's is one and the same to who asks.
func (p *Provider) waiting(ctx context.Context, id, browser string) (Pending, *fosite.Request, error) {
	pending, found, err := p.Store.Interaction(ctx, hash(id))
	if err != nil {
		return Pending{}, nil, err
	}
	same := subtle.ConstantTimeCompare([]byte(pending.Browser), []byte(hash(browser))) == 1
	if !found || !same || p.clock().After(pending.ExpiresAt) {
		return Pending{}, nil, lost()
	}
	r, err := decode(pending.Body)
	return pending, r, err
}

// Refusal says why an account cannot be granted access to, or nil. The page
// shows it before it asks for anything.
func (p *Provider) Refusal(ctx context.Context, guid, client string, d oauth.Details) error {
	_, err := p.grantable(ctx, guid, client, d)
	return err
}

// grantable finds the account. Protocol §2.5: an admin hands the role over
// first. §5.5: of an account that moved away only the pod that it went to gets
// something, which is what that lacks.
func (p *Provider) grantable(ctx context.Context, guid, client string, d oauth.Details) (Account, error) {
	a, err := p.Account(ctx, guid)
	switch {
	case err != nil:
		return Account{}, err
	case a.Admin:
		return Account{}, transfer.Errorf(transfer.AccountAdmin,
			"%s is an admin of this pod, and an admin's account cannot be carried away. Hand the role over to someone else first, then start again. Nothing was granted.", a.ID)
	case d.Retry != "":
		return a, p.Retriable(ctx, guid, client, d)
	case a.Moved:
		return Account{}, transfer.Errorf(transfer.AccountMoved,
			"%s has already moved to %s. Nothing was granted.", a.ID, cmp.Or(a.MovedTo, "another pod"))
	}
	return a, nil
}
