package relying

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"podmove/oauth/dpop"
	"podmove/transfer"
)

// Bounds on what a token endpoint answers.
const (
	maxToken    = 8 << 10 // bytes
	maxLifetime = 365 * 24 * time.Hour
	renewAhead  = time.Minute // before an access token expires
)

// tokens are one grant's, as they rest with the caller.
type tokens struct {
	Issuer  string    `json:"issuer"`
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Key     string    `json:"key"`            // the name of the key that both are bound to
	Renew   time.Time `json:"renew,omitzero"` // when to renew the access token; zero is not known
}

// KeyOf is the id of this pod's key that a grant's tokens are bound to, empty
// if they are bound to none: it is needed as long as they are.
func KeyOf(data []byte) string {
	t, err := decodeTokens(data)
	if err != nil {
		return ""
	}
	return t.Key
}

func (t tokens) encode() ([]byte, error) { return json.Marshal(t) }

func decodeTokens(data []byte) (t tokens, err error) {
	err = json.Unmarshal(data, &t)
	if err == nil && (t.Issuer == "" || t.Access == "" || t.Key == "") {
		err = errors.New("relying: these are no tokens")
	}
	return t, err
}

// tokenAnswer is RFC 6749 §5.1, OpenID Connect Core §3.1.3.3 and RFC 9396 §7.
type tokenAnswer struct {
	Access  string          `json:"access_token"`
	Type    string          `json:"token_type"`
	Refresh string          `json:"refresh_token"`
	Expires int64           `json:"expires_in"` // seconds
	Scope   string          `json:"scope"`
	IDToken string          `json:"id_token"`
	Details json.RawMessage `json:"authorization_details"`
}

func (a tokenAnswer) tokens(issuer, key string, now time.Time) (tokens, error) {
	host := hostOf(issuer)
	switch {
	case !strings.EqualFold(a.Type, dpop.Scheme): // RFC 9449 §5: Bearer would mean that it is not bound
		return tokens{}, broken(host, "token: the type is %.50q", a.Type)
	case !plain(a.Access) || a.Refresh != "" && !plain(a.Refresh):
		return tokens{}, broken(host, "token: it is missing, too long, or has characters that no token has")
	}
	t := tokens{Issuer: issuer, Access: a.Access, Refresh: a.Refresh, Key: key}
	if a.Expires > 0 {
		life := time.Duration(min(a.Expires, int64(maxLifetime/time.Second))) * time.Second
		t.Renew = now.Add(life - min(renewAhead, life/4)).UTC()
	}
	return t, nil
}

// plain: RFC 6749 appendix A.12: visible ASCII.
func plain(token string) bool {
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// due reports whether the access token should not be used any more.
func (t tokens) due(now time.Time) bool { return !t.Renew.IsZero() && !now.Before(t.Renew) }

// refresh makes new tokens from old ones (RFC 6749 §6). An answer without a
// refresh token leaves the old one good.
func (p *Party) refresh(ctx context.Context, old tokens) (tokens, error) {
	peer, err := p.peer(ctx, old.Issuer)
	if err != nil {
		return tokens{}, err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}, "resource": {peer.Resource}}
	var got tokenAnswer
	if err := p.post(ctx, peer, peer.at.Token, old.Key, form, &got); err != nil {
		return tokens{}, err
	}
	fresh, err := got.tokens(old.Issuer, old.Key, p.Now())
	if fresh.Refresh == "" {
		fresh.Refresh = old.Refresh
	}
	return fresh, err
}

// Revoke gives the tokens of a grant back (RFC 7009). A pod without an endpoint
// for it forgets them when they expire.
func (p *Party) Revoke(ctx context.Context, sealed []byte) error {
	t, err := decodeTokens(sealed)
	if err != nil {
		return err
	}
	ctx, cancel := p.within(ctx)
	defer cancel()
	return p.revoke(ctx, t)
}

func (p *Party) revoke(ctx context.Context, t tokens) error {
	peer, err := p.peer(ctx, t.Issuer)
	if err != nil || peer.at.Revocation == "" {
		return err
	}
	form := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}}
	if t.Refresh == "" {
		form = url.Values{"token": {t.Access}, "token_type_hint": {"access_token"}}
	}
	host := hostOf(t.Issuer)
	err = p.post(ctx, peer, peer.at.Revocation, t.Key, form, nil)
	if refusal, ok := refusalOf(err); ok {
		return refusal.coded(host, transfer.Errorf(transfer.AnswerInvalid, "%s does not take its tokens back", host))
	}
	return err
}

// giveBack revokes tokens that must not be used. If that fails they expire.
func (p *Party) giveBack(ctx context.Context, t tokens) {
	ctx, cancel := p.detached(ctx)
	defer cancel()
	if err := p.revoke(ctx, t); err != nil {
		p.Log.WarnContext(ctx, "cannot give tokens back", "issuer", t.Issuer, "error", err)
	}
}
