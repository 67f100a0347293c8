package provider

import (
	"context"
	"errors"

	"github.com/ory/fosite"

	"podmove/internal/keys"
)

// errUnknownKey means that an assertion is signed with none of the client's
// keys, as far as they are known.
var errUnknownKey = errors.New("its signature is wrong or by an unknown key")

// pinned is the client of a kept request, with the keys that are pinned to its
// grant by now (Protocol §1.5).
func (p *Provider) pinned(ctx context.Context, r *fosite.Request) (*client, error) {
	c := r.Client.(*client)
	if c.Registered || c.Method != methodKey {
		return c, nil
	}
	grant, found, err := p.Store.Grant(ctx, r.GetID())
	if err != nil || !found {
		return c, err
	}
	own := *c
	own.Keys, own.keysDiffer, own.pinned = grant.Keys, grant.KeysDiffer, true
	return &own, nil
}

// prove checks a client assertion with the client's keys. One by an unknown key
// has the client's document read again: a set that still holds a pinned key
// brings a new one along, a set that holds none may be another client's.
func (p *Provider) prove(ctx context.Context, c *client, token string) (assertion, error) {
	if !c.keysDiffer.IsZero() {
		return assertion{}, errOtherKeys()
	}
	a, err := verify(token, c.Keys)
	if !errors.Is(err, errUnknownKey) || !c.pinned || p.Follow == nil {
		return a, err
	}
	published, asked := p.Follow(ctx, c.ID)
	if asked != nil {
		p.Log.InfoContext(ctx, "cannot read a client's keys again", "client", c.host(), "error", asked)
		return a, refuse(fosite.ErrTemporarilyUnavailable, "The client's keys cannot be read just now.")
	}
	if !shares(c.Keys, published) {
		return assertion{}, errOtherKeys()
	}
	c.Keys = published
	return verify(token, c.Keys)
}

func errOtherKeys() error {
	return refuse(fosite.ErrInvalidClient, "The client has none of the keys that were agreed on. Nothing is given to it before the person agrees anew, or confirms here that it is the same client.")
}

// PublishedKeys is the JWK set that a client's metadata document holds now: what
// was kept of it is no answer.
func (p *Provider) PublishedKeys(ctx context.Context, id string) ([]byte, error) {
	u, err := p.clientURL(id)
	if err != nil {
		return nil, err
	}
	c, err := p.documents.read(ctx, u, func(raw []byte) (*client, error) { return readDocument(raw, u, p.resource) })
	if err != nil {
		return nil, err
	}
	if c.Method != methodKey {
		return nil, errors.New("provider: the client has no keys any more")
	}
	return c.Keys, nil
}

func shares(a, b []byte) bool {
	one, err := keys.ParseSet(a)
	if err != nil {
		return false
	}
	two, err := keys.ParseSet(b)
	return err == nil && keys.Shares(one, two)
}
