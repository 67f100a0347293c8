package relying

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"podmove/oauth"
	"podmove/transfer"
)

// requestURIPrefix: RFC 9126 §2.2.
const requestURIPrefix = "urn:ietf:params:oauth:request_uri:"

// Begin finds the pod of an ID and pushes the request for consent (Protocol
// §2.1). Nothing of it is in the address that the browser is sent to but the
// name of the pushed request.
func (p *Party) Begin(ctx context.Context, a Ask) (Started, error) {
	peer, err := p.Resolve(ctx, a.ID)
	if err != nil {
		return Started{}, err
	}
	ctx, cancel := p.within(ctx)
	defer cancel()
	key, err := p.Key(ctx, "")
	if err != nil {
		return Started{}, err
	}
	l := login{
		Issuer: peer.Issuer, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Key: key.ID(), ID: a.ID, Asked: a.details(), Began: p.Now().UTC(),
	}
	secret, err := l.secret()
	if err != nil {
		return Started{}, err
	}
	w := &witness{next: p.HTTP.Transport, now: p.Now}
	address, err := p.through(w).push(ctx, peer, l)
	if late := w.late(peer.Issuer); late != nil { // whatever it answered: the move would end at the first signed message
		return Started{}, late
	}
	if err != nil {
		return Started{}, err
	}
	return Started{URL: address, Issuer: peer.Issuer, State: l.State, Secret: secret}, nil
}

// details are what the request asks for (Protocol §2.2).
func (a Ask) details() oauth.Details {
	d := oauth.Details{Type: oauth.DetailsType, Purpose: string(a.Purpose), Limited: a.Limited, Destination: a.Destination, Retry: a.Retry}
	for _, c := range a.Collections {
		d.Collections = append(d.Collections, string(c))
	}
	return d
}

// push is RFC 9126. It answers the address for the browser.
func (p *Party) push(ctx context.Context, peer Peer, l login) (string, error) {
	form, err := p.request(peer, l)
	if err != nil {
		return "", err
	}
	var pushed struct {
		URI string `json:"request_uri"`
	}
	host := hostOf(peer.Issuer)
	err = p.post(ctx, peer, peer.at.Push, l.Key, form, &pushed)
	if refusal, ok := refusalOf(err); ok {
		return "", refusal.coded(host, transfer.Errorf(transfer.AnswerInvalid,
			"%s does not take the request (%s). Nothing was changed. The podmins of both pods can find out why", host, cmp.Or(refusal.code, "no reason given")))
	}
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(pushed.URI, requestURIPrefix) || len(pushed.URI) > transfer.MaxAddress {
		return "", broken(host, "par: the request_uri is %.100q", pushed.URI)
	}
	query := url.Values{"client_id": {p.ClientID}, "request_uri": {pushed.URI}}
	return peer.at.Authorize + "?" + query.Encode(), nil
}

// request is what is pushed.
func (p *Party) request(peer Peer, l login) (url.Values, error) {
	details, err := json.Marshal([]oauth.Details{l.Asked})
	return url.Values{
		"response_type":         {"code"},
		"redirect_uri":          {p.Callback},
		"scope":                 {strings.Join(scopes(l.Asked), " ")},
		"state":                 {l.State},
		"nonce":                 {l.Nonce},
		"prompt":                {"login"},
		"login_hint":            {l.ID},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(l.Verifier)},
		"code_challenge_method": {"S256"},
		"resource":              {peer.Resource}, // RFC 8707 §2
		"authorization_details": {string(details)},
		"dpop_jkt":              {l.Key}, // RFC 9449 §10: the code is good for this key alone
	}, err
}

// scopes: Protocol §2.3.
func scopes(d oauth.Details) []string {
	list := []string{oauth.ScopeOpenID, oauth.ScopeRead}
	if d.Purpose == string(transfer.Move) {
		list = append(list, oauth.ScopeMove)
	}
	return list
}
