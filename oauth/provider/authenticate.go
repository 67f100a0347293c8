package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ory/fosite"
)

// headerID and headerSecret are the names, which no parameter has, of what came
// in the header Authorization.
const (
	headerID     = "authorization client_id"
	headerSecret = "authorization client_secret"
)

// readCredentials adds to a form what its request's header holds (RFC 6749
// §2.3.1), and refuses more than one way to authenticate (§2.3).
func readCredentials(r *http.Request, form url.Values) error {
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		id, secret, ok := basic(r)
		if !ok {
			return refuse(fosite.ErrInvalidClient, "The header Authorization holds no name and secret of a client.")
		}
		form.Set(headerID, id)
		form.Set(headerSecret, secret)
	}
	ways := 0
	for _, name := range []string{headerSecret, "client_secret", "client_assertion"} {
		if form.Get(name) != "" {
			ways++
		}
	}
	switch id := form.Get("client_id"); {
	case ways > 1:
		return invalid("A client authenticates in one way at a time.")
	case id != "" && form.Get(headerID) != "" && id != form.Get(headerID):
		return invalid("The client_id is another in the header than in the body.")
	}
	return nil
}

// basic reads HTTP Basic. RFC 6749 §2.3.1: name and secret are form-urlencoded
// before they are put together.
func basic(r *http.Request) (id, secret string, ok bool) {
	id, secret, ok = r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return id, secret, ok && len(r.Header.Values("Authorization")) == 1 && errID == nil && errSecret == nil && id != "" && secret != ""
}

// tried is the challenge of the scheme that a client tried: RFC 6749 §5.2 wants
// it in the answer that refuses it.
func tried(authorization string) string {
	if scheme, _, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Basic") {
		return `Basic realm="clients", charset="UTF-8"`
	}
	return "Bearer"
}

// clientID is who a request says to be from, but for what an assertion claims.
func clientID(form url.Values) string {
	if id := form.Get("client_id"); id != "" {
		return id
	}
	return form.Get(headerID)
}

// method is how a request authenticates its client.
func method(form url.Values) string {
	switch {
	case form.Get(headerSecret) != "":
		return methodBasic
	case form.Get("client_secret") != "":
		return methodPost
	case form.Get("client_assertion") != "":
		return methodKey
	default:
		return methodNone
	}
}

// authenticate is the one way in for clients, at every endpoint that asks. A
// registered client is looked up by its name. Any other is the one whose document
// was just read, or the snapshot that stands with the code or token that the
// request presents.
func (p *Provider) authenticate(ctx context.Context, _ *http.Request, form url.Values) (fosite.Client, error) {
	if c, ok := ctx.Value(clientKey{}).(*client); ok {
		return p.proven(ctx, c, form)
	}
	named, err := p.named(ctx, form)
	if err != nil {
		return nil, err
	}
	row, err := p.presented(ctx, form)
	switch {
	case err != nil:
		return nil, err
	case named != nil && named.ID != row.Client:
		return nil, errAnothers()
	case named != nil:
		return named, nil
	}
	kept, err := decode(row.Body)
	if err != nil {
		return nil, err
	}
	holder, err := p.pinned(ctx, kept)
	if err != nil {
		return nil, err
	}
	return p.proven(ctx, holder, form)
}

// named is the registered client that a request names, proven, or nil. It is
// asked for its proof before anything that it presents is looked at (RFC 7009
// §2.1), and by its row: it may have been deleted.
func (p *Provider) named(ctx context.Context, form url.Values) (*client, error) {
	id := asker(form)
	if id == "" || isAddress(id) {
		return nil, nil
	}
	c, err := p.registeredClient(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.proven(ctx, c, form)
}

// errAnothers: RFC 6749 §5.2.
func errAnothers() error {
	return refuse(fosite.ErrInvalidGrant, "The code or token was given to another client.")
}

// proven checks that a request is the client's, by the one method that the
// client said it would use.
func (p *Provider) proven(ctx context.Context, c *client, form url.Values) (*client, error) {
	id := clientID(form)
	switch {
	case id != "" && id != c.ID:
		return nil, errAnothers()
	case method(form) != c.Method:
		return nil, refuse(fosite.ErrInvalidClient, "This client authenticates with "+c.Method+".")
	}
	switch c.Method {
	case methodNone:
		if id == "" {
			return nil, refuse(fosite.ErrInvalidClient, "A public client names itself with client_id.")
		}
	case methodKey:
		if err := p.checkAssertion(ctx, c, form); err != nil {
			return nil, err
		}
	default:
		if !fits(form.Get(headerSecret)+form.Get("client_secret"), c.secret) { // one of them is empty
			return nil, refuse(fosite.ErrInvalidClient, "The client's secret is wrong.")
		}
	}
	return c, nil
}

// presented is the row of the code or refresh token that a request presents.
func (p *Provider) presented(ctx context.Context, form url.Values) (Row, error) {
	kind, signature := KindCode, p.strategy.AuthorizeCodeSignature(ctx, form.Get("code"))
	if form.Get("grant_type") == "refresh_token" { // exchangeWrong knows no third
		kind, signature = KindRefresh, p.strategy.RefreshTokenSignature(ctx, form.Get("refresh_token"))
	}
	row, err := p.storage.row(ctx, kind, signature)
	if errors.Is(err, fosite.ErrNotFound) {
		return Row{}, refuse(fosite.ErrInvalidGrant, "The code or refresh token is unknown or has expired.")
	}
	return row, err
}
