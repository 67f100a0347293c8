package api

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/oauth"
	"podmove/transfer"
)

// A guard lets through who holds a token for the transfer API.
type guard struct {
	tokens oauth.Introspector
	proofs oauth.Proofs
	origin string
}

const grantKey = "podmove.grant"

// grantOf is what the request's token stands for, put there by a guard.
func grantOf(c *gin.Context) oauth.Grant {
	v, _ := c.Get(grantKey)
	g, _ := v.(oauth.Grant)
	return g
}

// admit is a middleware that checks the token, who sends it, and that it may
// read.
func (g guard) admit(c *gin.Context) {
	c.Header("DPoP-Nonce", g.proofs.Nonce()) // RFC 9449 §9: before one is missed
	scheme, token, err := presented(c)
	if err != nil {
		g.challenge(c, "Bearer", "")
		g.challenge(c, "DPoP", "")
		Fail(c, err)
		return
	}
	grant, err := g.tokens.Introspect(c.Request.Context(), token)
	if err == nil {
		err = oauth.CheckSender(g.proofs, asSent(c.Request), scheme, token, grant)
	}
	switch code := oauth.Challenge(err); {
	case code != "":
		g.challenge(c, scheme, `, error="`+code+`"`)
		Fail(c, transfer.Errorf(transfer.TokenInvalid, "%s", said[code]).Because(err))
	case err != nil:
		Fail(c, err)
	case !grant.Has(oauth.ScopeRead) && !grant.Has(oauth.ScopeMove):
		g.challenge(c, scheme, fmt.Sprintf(`, error="insufficient_scope", scope="%s"`, oauth.ScopeRead)) // RFC 6750 §3.1
		Fail(c, transfer.Errorf(transfer.ScopeMissing, "the token needs the scope %s", oauth.ScopeRead))
	default:
		c.Set(grantKey, grant)
	}
}

// said is what a problem says about each code of a challenge.
var said = map[string]string{
	"invalid_token":      "the token is unknown, expired or revoked, or bound to a key that did not send it",
	"use_dpop_nonce":     "the proof needs the nonce that stands in the header DPoP-Nonce of this answer",
	"invalid_dpop_proof": "the DPoP proof is missing or cannot be accepted",
}

// challenge names the resource metadata (RFC 9728 §5.1), and to who proves
// things with which signatures (RFC 9449 §7.1).
func (g guard) challenge(c *gin.Context, scheme, more string) {
	value := fmt.Sprintf(`%s resource_metadata="%s/.well-known/oauth-protected-resource/transfer/v1"%s`, scheme, g.origin, more)
	if scheme == "DPoP" {
		value += `, algs="` + strings.Join(g.proofs.Algorithms(), " ") + `"`
	}
	c.Writer.Header().Add("WWW-Authenticate", value)
}

// presented is the token in the Authorization header, and its scheme. RFC 9700
// §4.3.2: one in the address ends up in logs and is refused, whatever the header
// says; one in a form is never looked for.
func presented(c *gin.Context) (scheme, token string, err error) {
	if c.Request.URL.Query().Has("access_token") {
		return "", "", transfer.Errorf(transfer.TokenInvalid, "a token is sent in the Authorization header, never in an address")
	}
	headers := c.Request.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", "", transfer.Errorf(transfer.TokenInvalid, "this needs one token in the Authorization header")
	}
	scheme, token, _ = strings.Cut(headers[0], " ")
	for _, known := range []string{"Bearer", "DPoP"} {
		if strings.EqualFold(scheme, known) && token != "" && len(token) <= 4096 && !strings.ContainsAny(token, " ,") {
			return known, token, nil
		}
	}
	return "", "", transfer.Errorf(transfer.TokenInvalid, "this needs a DPoP or Bearer token (RFC 9449 §7.1, RFC 6750 §2.1)")
}
