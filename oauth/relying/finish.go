package relying

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"net/url"

	"podmove/transfer"
)

// maxCode bounds an authorization code, in bytes.
const maxCode = 2048

// Finish takes the answer that the browser brought back, exchanges its code,
// and proves who agreed (Protocol §2.7). The caller has found the login by the
// answer's state, in the browser session that began it, and will not find it
// again. Where something is wrong after the exchange, the tokens are given back
// at once.
func (p *Party) Finish(ctx context.Context, answer url.Values, secret []byte) (Granted, error) {
	l, err := openLogin(secret)
	if err != nil {
		return Granted{}, err
	}
	code, err := l.code(answer)
	if err != nil {
		return Granted{}, err
	}
	ctx, cancel := p.within(ctx)
	defer cancel()
	peer, err := p.peer(ctx, l.Issuer)
	if err != nil {
		return Granted{}, err
	}
	got, t, err := p.redeem(ctx, peer, l, code)
	if err != nil {
		return Granted{}, err
	}
	granted, err := p.accept(ctx, peer, l, got)
	if err != nil {
		p.giveBack(ctx, t)
		return Granted{}, err
	}
	granted.Tokens, err = t.encode()
	return granted, err
}

// code reads the answer. RFC 9207 §2.4: the issuer is compared first, in
// errors too, byte for byte; that is what keeps two pods from being mixed up.
func (l login) code(answer url.Values) (string, error) {
	for name, values := range answer {
		if len(values) != 1 { // RFC 6749 §3.1
			return "", foreign("%.50q stands there %d times", name, len(values))
		}
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(l.State)) != 1 {
		return "", foreign("another state")
	}
	if got := answer.Get("iss"); got != l.Issuer {
		return "", foreign("the issuer is %.200q and not %s", got, l.Issuer)
	}
	if answer.Has("error") {
		return "", l.refused(answer)
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxCode {
		return "", foreign("no code, or one of %d bytes", len(code))
	}
	return code, nil
}

// foreign is the error for an answer that is none to this login.
func foreign(format string, args ...any) error {
	return transfer.Errorf(transfer.RequestInvalid,
		"this answer does not belong to the pod that was asked. Nothing was changed. Start again from the move's page").Because(fmt.Errorf(format, args...))
}

// refused is an answer without consent (RFC 6749 §4.1.2.1).
func (l login) refused(answer url.Values) error {
	host, code := hostOf(l.Issuer), answer.Get("error")
	if !errorShape.MatchString(code) {
		code = "no reason given"
	}
	switch code {
	case "access_denied":
		return transfer.Errorf(transfer.ConsentRefused, "consent was refused at %s. Nothing was changed", host)
	case "temporarily_unavailable", "server_error":
		return transfer.Errorf(transfer.Unavailable, "%s could not answer. Nothing was changed. Try again later", host)
	default:
		return transfer.Errorf(transfer.AnswerInvalid, "%s did not agree (%s). Nothing was changed. Start again from the move's page", host, code)
	}
}

// redeem exchanges the code (RFC 6749 §4.1.3).
func (p *Party) redeem(ctx context.Context, peer Peer, l login, code string) (tokenAnswer, tokens, error) {
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {p.Callback},
		"code_verifier": {l.Verifier}, // RFC 7636 §4.5
		"resource":      {peer.Resource},
	}
	var got tokenAnswer
	host := hostOf(peer.Issuer)
	err := p.post(ctx, peer, peer.at.Token, l.Key, form, &got)
	if refusal, ok := refusalOf(err); ok {
		return got, tokens{}, refusal.coded(host, transfer.Errorf(transfer.AnswerInvalid,
			"%s did not hand out what was agreed to (%s). Nothing was changed. Start again from the move's page", host, cmp.Or(refusal.code, "no reason given")))
	}
	if err != nil {
		return got, tokens{}, err
	}
	t, err := got.tokens(peer.Issuer, l.Key, p.Now())
	return got, t, err
}

// accept believes what is proved: who agreed, and to what.
func (p *Party) accept(ctx context.Context, peer Peer, l login, got tokenAnswer) (Granted, error) {
	collections, err := got.granted(peer, l.Asked)
	if err != nil {
		return Granted{}, err
	}
	set, err := p.keySet(ctx, peer)
	if err != nil {
		return Granted{}, err
	}
	who, err := p.identity(ctx, peer, l, got, set)
	if err != nil {
		return Granted{}, err
	}
	published, err := set.MarshalJSON()
	return Granted{
		Issuer: peer.Issuer, Subject: who.Subject, Account: who.Account, Collections: collections, Keys: published,
	}, err
}
