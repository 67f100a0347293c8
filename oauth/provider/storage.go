package provider

import (
	"context"
	"errors"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"
)

// storage is a [Store] as fosite wants it. What it writes waits for the end of the
// [batch] of its context; the token endpoint makes one for each exchange.
type storage struct {
	store Store
	now   func() time.Time
}

var (
	_ fosite.Storage                     = storage{}
	_ oauth2.CoreStorage                 = storage{}
	_ oauth2.TokenRevocationStorage      = storage{}
	_ openid.OpenIDConnectRequestStorage = storage{}
	_ pkce.PKCERequestStorage            = storage{}
)

// clientKey finds the client of a pushed request in a context.
type clientKey struct{}

// GetClient never fetches: the only one to be had is the pushing client, whose
// document was read a moment ago.
func (s storage) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	if c, ok := ctx.Value(clientKey{}).(*client); ok && c.ID == id {
		return c, nil
	}
	return nil, fosite.ErrNotFound
}

// errUnused is the answer of what fosite calls only from parts that are not
// composed: assertions are checked by authenticate.
var errUnused = errors.New("provider: this part of fosite is not in use")

// ClientAssertionJWTValid is not in use.
func (s storage) ClientAssertionJWTValid(context.Context, string) error { return errUnused }

// SetClientAssertionJWT is not in use.
func (s storage) SetClientAssertionJWT(context.Context, string, time.Time) error { return errUnused }

// add keeps a request under a signature.
func (s storage) add(ctx context.Context, k Kind, signature string, life time.Duration, r fosite.Requester) error {
	row, err := s.newRow(k, signature, life, r)
	if err != nil {
		return err
	}
	return s.keep(ctx, row)
}

func (s storage) newRow(k Kind, signature string, life time.Duration, r fosite.Requester) (Row, error) {
	body, err := encode(r)
	now := s.now()
	return Row{
		Kind: k, Signature: hash(signature), Grant: r.GetID(), Client: r.GetClient().GetID(),
		Account: r.GetSession().GetSubject(), Active: true, Body: body,
		CreatedAt: now, ExpiresAt: now.Add(life),
	}, err
}

// find reads a row and its request. A row that is not there is
// fosite.ErrNotFound, and so is one that expired unused.
func (s storage) find(ctx context.Context, k Kind, signature string) (Row, *fosite.Request, error) {
	row, err := s.row(ctx, k, signature)
	if err != nil {
		return Row{}, nil, err
	}
	r, err := decode(row.Body)
	return row, r, err
}

// row is find without the request.
func (s storage) row(ctx context.Context, k Kind, signature string) (Row, error) {
	row, found, err := s.read(ctx, k, hash(signature))
	if err == nil && (!found || row.Active && s.now().After(row.ExpiresAt)) {
		err = fosite.ErrNotFound
	}
	return row, err
}

// refreshKey finds a *Row in a context: the refresh token that the request is
// about, once it was read. fosite asks for it again at each step. That it has
// not changed meanwhile is what SpendOAuthRow compares.
type refreshKey struct{}

func (s storage) read(ctx context.Context, k Kind, signature string) (Row, bool, error) {
	known, _ := ctx.Value(refreshKey{}).(*Row)
	if known != nil && k == KindRefresh && known.Signature == signature {
		return *known, true, nil
	}
	row, found, err := s.store.OAuthRow(ctx, k, signature)
	if known != nil && k == KindRefresh && found && err == nil {
		*known = row
	}
	return row, found, err
}

// CreateAuthorizeCodeSession keeps a code.
func (s storage) CreateAuthorizeCodeSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.add(ctx, KindCode, signature, codeLife, r)
}

// GetAuthorizeCodeSession finds a code. fosite revokes the grant of one that
// was used before, for which it needs the request, too.
func (s storage) GetAuthorizeCodeSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	row, r, err := s.find(ctx, KindCode, signature)
	if err != nil {
		return nil, err
	}
	if !row.Active {
		return r, fosite.ErrInvalidatedAuthorizeCode
	}
	return r, nil
}

// InvalidateAuthorizeCodeSession uses a code up. Of two that redeem one code at
// once, one loses, in the transaction that would keep its tokens.
func (s storage) InvalidateAuthorizeCodeSession(ctx context.Context, signature string) error {
	row, err := s.row(ctx, KindCode, signature)
	if err != nil {
		return err
	}
	if !row.Active {
		return fosite.ErrInvalidatedAuthorizeCode
	}
	return s.spend(ctx, row, s.now(), fosite.ErrInvalidatedAuthorizeCode)
}

// CreatePKCERequestSession keeps a code's challenge.
func (s storage) CreatePKCERequestSession(ctx context.Context, signature string, r fosite.Requester) error {
	return s.add(ctx, KindPKCE, signature, codeLife, r)
}

// GetPKCERequestSession finds a code's challenge.
func (s storage) GetPKCERequestSession(ctx context.Context, signature string, _ fosite.Session) (fosite.Requester, error) {
	return s.get(ctx, KindPKCE, signature)
}

// DeletePKCERequestSession burns a code's challenge, and so the code, whether
// the verifier fits or not.
func (s storage) DeletePKCERequestSession(ctx context.Context, signature string) error {
	return s.drop(ctx, KindPKCE, signature)
}

// CreateOpenIDConnectSession keeps what the ID token needs. Its key is the whole
// code, of which only the hash is kept.
func (s storage) CreateOpenIDConnectSession(ctx context.Context, code string, r fosite.Requester) error {
	return s.add(ctx, KindOpenID, code, codeLife, r)
}

// GetOpenIDConnectSession finds what the ID token needs.
func (s storage) GetOpenIDConnectSession(ctx context.Context, code string, _ fosite.Requester) (fosite.Requester, error) {
	return s.get(ctx, KindOpenID, code)
}

// DeleteOpenIDConnectSession drops what the ID token needed.
func (s storage) DeleteOpenIDConnectSession(ctx context.Context, code string) error {
	return s.drop(ctx, KindOpenID, code)
}

// get finds an active row's request.
func (s storage) get(ctx context.Context, k Kind, signature string) (fosite.Requester, error) {
	row, r, err := s.find(ctx, k, signature)
	if err != nil {
		return nil, err
	}
	if !row.Active {
		return nil, fosite.ErrNotFound
	}
	return r, nil
}

func (s storage) drop(ctx context.Context, k Kind, signature string) error {
	return s.do(ctx, func(ctx context.Context) error {
		_, err := s.store.DropOAuthRow(ctx, k, hash(signature))
		return err
	})
}
