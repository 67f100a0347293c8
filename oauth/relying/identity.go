package relying

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"podmove/internal/keys"
	"podmove/internal/outbound"
	"podmove/transfer"
)

// maxSubject: OpenID Connect Core §2.
const maxSubject = 255

// An identity is who agreed.
type identity struct {
	Subject string
	Account string // diaspora* ID
}

// Keys is the key set of a pod as an issuer, for pinning and for re-reading
// (Protocol §1.5): a JWK set with ES256 keys only. It is asked for anew each
// time.
func (p *Party) Keys(ctx context.Context, issuer string) ([]byte, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	peer, err := p.peer(ctx, issuer)
	if err != nil {
		return nil, err
	}
	set, err := p.keySet(ctx, peer)
	if err != nil {
		return nil, err
	}
	return set.MarshalJSON()
}

func (p *Party) keySet(ctx context.Context, peer Peer) (keys.Set, error) {
	var raw json.RawMessage
	host := hostOf(peer.Issuer)
	if err := outbound.JSON(ctx, p.HTTP, peer.at.KeySet, keys.MaxSetBytes, &raw); err != nil {
		return keys.Set{}, trouble(ctx, host, err)
	}
	set, err := keys.ParseSet(raw)
	if err != nil {
		return keys.Set{}, broken(host, "jwks: %w", err)
	}
	return set, nil
}

// pinned is the key set that was just read, for go-oidc: the set that an ID
// token is checked against is the one that is pinned.
type pinned struct{ set keys.Set }

var _ oidc.KeySet = pinned{}

// VerifySignature is oidc.KeySet. The "typ" of an ID token is JWT or nothing:
// what the pod signs otherwise, manifests and the like, is none (RFC 8725
// §3.11). A claim that stands there twice is refused, where go-oidc would take
// the last.
func (k pinned) VerifySignature(_ context.Context, jwt string) ([]byte, error) {
	var members map[string]json.RawMessage
	err := keys.Verify(jwt, "JWT", k.set, &members)
	if errors.Is(err, keys.ErrType) {
		err = keys.Verify(jwt, "", k.set, &members)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// claims are what go-oidc leaves to its caller.
type claims struct {
	Party    string `json:"azp"`
	AuthTime int64  `json:"auth_time"` // seconds
	Account  string `json:"acct"`
}

// identity checks the ID token (OpenID Connect Core §3.1.3.7) and resolves the
// account that it names once more, which must lead to the same issuer: an
// issuer's word is good for its own accounts only (Protocol §2.7).
func (p *Party) identity(ctx context.Context, peer Peer, l login, got tokenAnswer, set keys.Set) (identity, error) {
	host := hostOf(peer.Issuer)
	verifier := oidc.NewVerifier(peer.Issuer, pinned{set}, &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: []string{oidc.ES256}, Now: p.Now,
	})
	token, err := verifier.Verify(ctx, got.IDToken)
	if err != nil {
		return identity{}, broken(host, "id token: %w", err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return identity{}, broken(host, "id token: %w", err)
	}
	if what := p.wrong(token, c, l, got.Access); what != "" {
		return identity{}, broken(host, "id token: %s", what)
	}
	if err := p.confirm(ctx, peer, l.ID, c.Account); err != nil {
		return identity{}, err
	}
	return identity{Subject: token.Subject, Account: c.Account}, nil
}

// wrong says what is wrong with an ID token whose signature, issuer and expiry
// are right, or nothing.
func (p *Party) wrong(token *oidc.IDToken, c claims, l login, access string) string {
	switch {
	case len(token.Audience) != 1:
		return "it is for others, too"
	case c.Party != "" && c.Party != p.ClientID:
		return "it was issued to another party"
	case token.Nonce != l.Nonce:
		return "its nonce is another login's"
	case token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil:
		return "it belongs to another access token"
	case token.Subject == "" || len(token.Subject) > maxSubject || strings.ContainsRune(token.Subject, 0):
		return "it has no subject"
	case c.AuthTime != 0 && time.Unix(c.AuthTime, 0).Before(l.Began.Add(-transfer.ClockSkew)):
		return "the person did not sign in for it" // prompt=login, Protocol §2.1
	default:
		return ""
	}
}

// confirm compares the account that agreed with the one that was typed, and
// resolves it.
func (p *Party) confirm(ctx context.Context, peer Peer, typed, account string) error {
	host := hostOf(peer.Issuer)
	switch {
	case !transfer.ValidID(account):
		return broken(host, "id token: acct is %.200q", account)
	case account != typed:
		return transfer.Errorf(transfer.IdentityDiffers,
			"the account that agreed is %s, and not %s as was asked for. Nothing was changed. Sign out at %s and start again, or give the other ID", account, typed, host)
	}
	issuer, err := p.issuer(ctx, account)
	if err != nil {
		return err
	}
	if issuer != peer.Issuer {
		return transfer.Errorf(transfer.IdentityDiffers,
			"%s says that %s agreed, but that account belongs to %s. Nothing was changed", host, account, hostOf(issuer))
	}
	return nil
}
