package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"

	"podmove/transfer"
)

// Bounds on a client assertion.
const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = 5 * time.Minute // the furthest that exp may lie ahead
	leeway        = transfer.ClockSkew
)

// assertion is a client assertion's claims (RFC 7523 §3).
type assertion struct {
	Issuer    string          `json:"iss"`
	Subject   string          `json:"sub"`
	Audience  json.RawMessage `json:"aud"`
	ID        string          `json:"jti"`
	Expires   *float64        `json:"exp"`
	NotBefore float64         `json:"nbf"`
	IssuedAt  float64         `json:"iat"`
}

// checkAssertion is private_key_jwt (RFC 7523, OpenID Connect Core §9).
func (p *Provider) checkAssertion(ctx context.Context, c *client, form url.Values) error {
	if form.Get("client_assertion_type") != assertionType {
		return refuse(fosite.ErrInvalidClient, "The client_assertion_type is not that of a JWT.")
	}
	a, err := p.prove(ctx, c, form.Get("client_assertion"))
	if refusal, ok := errors.AsType[*fosite.RFC6749Error](err); ok {
		return refusal
	}
	if err != nil {
		return refuse(fosite.ErrInvalidClient, "The client assertion cannot be accepted: "+err.Error()+".")
	}
	if what := a.wrong(c.ID, p.Issuer, p.clock()); what != "" {
		return refuse(fosite.ErrInvalidClient, "The client assertion cannot be accepted: "+what+".")
	}
	// The jti is the client's own name space: nobody can use up another's.
	expires := seconds(*a.Expires).Add(leeway)
	fresh, err := p.once(ctx, c.ID+"\x00"+a.ID, expires)
	if err == nil && !fresh {
		return refuse(fosite.ErrInvalidClient, "The client assertion was used before.")
	}
	return err
}

// once notes that something was used that is good once, for all replicas. It may
// be forgotten when it has expired.
func (p *Provider) once(ctx context.Context, id string, expires time.Time) (fresh bool, err error) {
	return p.Store.AddUsed(ctx, hash(id), expires)
}

// verify checks the signature: ES256, by one of the client's own keys. RFC 8725
// §3.11: a message of another type is none, even where the same key signed it.
func verify(token string, set json.RawMessage) (assertion, error) {
	var known jose.JSONWebKeySet
	if err := json.Unmarshal(set, &known); err != nil {
		return assertion{}, errors.New("the client has no key")
	}
	signed, err := jose.ParseSigned(token)
	if err != nil || strings.Count(token, ".") != 2 || len(signed.Signatures) != 1 {
		return assertion{}, errors.New("it is not a JWT")
	}
	header := signed.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	switch {
	case header.Algorithm != string(jose.ES256):
		return assertion{}, errors.New("it is not signed with ES256")
	case !slices.Contains([]string{"", "jwt", "client-authentication+jwt"}, strings.ToLower(typ)):
		return assertion{}, errors.New("it is a message of another type")
	}
	candidates := known.Keys
	if header.KeyID != "" {
		if candidates = known.Key(header.KeyID); len(candidates) == 0 {
			return assertion{}, errUnknownKey
		}
	}
	for _, k := range candidates {
		if payload, err := signed.Verify(k.Key); err == nil {
			var a assertion
			if json.Unmarshal(payload, &a) != nil {
				return assertion{}, errors.New("its claims cannot be read")
			}
			return a, nil
		}
	}
	if header.KeyID == "" {
		return assertion{}, errUnknownKey
	}
	return assertion{}, errors.New("its signature is wrong")
}

// wrong says what is wrong with the claims, or nothing.
func (a assertion) wrong(client, issuer string, now time.Time) string {
	switch {
	case a.Issuer != client || a.Subject != client:
		return "iss and sub are not the client_id"
	case !only(a.Audience, issuer): // RFC 7523bis: else it could be used at another server
		return "aud is not the issuer alone"
	case a.ID == "" || len(a.ID) > 256:
		return "it has no jti"
	case a.Expires == nil || now.After(seconds(*a.Expires).Add(leeway)):
		return "it has expired"
	case seconds(*a.Expires).After(now.Add(assertionLife + leeway)):
		return "exp lies more than five minutes ahead"
	case seconds(a.NotBefore).After(now.Add(leeway)) || seconds(a.IssuedAt).After(now.Add(leeway)):
		return "it is from the future"
	default:
		return ""
	}
}

// keyOf is the name of the key that an assertion says to be signed with.
func keyOf(token string) string {
	signed, err := jose.ParseSigned(token)
	if err != nil || len(signed.Signatures) != 1 {
		return ""
	}
	return signed.Signatures[0].Protected.KeyID
}

// only reports whether an aud claim names want and nobody else.
func only(aud json.RawMessage, want string) bool {
	var one string
	if json.Unmarshal(aud, &one) == nil {
		return one == want
	}
	var list []string
	return json.Unmarshal(aud, &list) == nil && len(list) == 1 && list[0] == want
}

// seconds is a NumericDate (RFC 7519 §2). Beyond the year 9999 is the year 9999.
func seconds(n float64) time.Time { return time.Unix(int64(min(max(n, 0), 253402300799)), 0) }
