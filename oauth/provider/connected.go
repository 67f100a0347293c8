package provider

import (
	"context"
	"net/url"
	"time"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/transfer"
)

// A Connection is a grant that is in use, as its person sees it.
type Connection struct {
	oauth.Grant
	Since time.Time
	Used  time.Time // to the minute; zero: never
}

// Host is what the person knows the client by: where its document is from, or
// where the browser was sent if its id is no address.
func (c Connection) Host() string {
	if u, err := url.Parse(c.Client); err == nil && u.Host != "" {
		return u.Host
	}
	return c.Redirect
}

// Named reports whether the client's id says where it is from.
func (c Connection) Named() bool {
	u, err := url.Parse(c.Client)
	return err == nil && u.Host != ""
}

// Connected are the clients that can read an account now.
func (p *Provider) Connected(ctx context.Context, account string) ([]Connection, error) {
	return p.Store.Connected(ctx, account, p.clock())
}

// Disconnect revokes a grant of an account, from the next request on.
// transfer.NotFound if the account has no such.
func (p *Provider) Disconnect(ctx context.Context, account, grant string) error {
	list, err := p.Connected(ctx, account)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.ID == grant {
			return p.Revoke(ctx, grant)
		}
	}
	return transfer.Errorf(transfer.NotFound, "this account has given no such permission")
}

// redirectHost is where a request's code is sent.
func redirectHost(r *fosite.Request) string {
	u, err := url.Parse(r.Form.Get("redirect_uri"))
	if err != nil {
		return ""
	}
	return u.Host
}
