package api

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/oauth"
	"podmove/transfer"
)

// A guard lets through who holds a token for the transfer API.
type guard struct {
	tokens oauth.Introspector
	origin string
}

const grantKey = "podmove.grant"

// grantOf is what the request's token stands for, put there by a guard.
func grantOf(c *gin.Context) oauth.Grant {
	v, _ := c.Get(grantKey)
	g, _ := v.(oauth.Grant)
	return g
}

// admit is a middleware that checks the token and that it may read.
func (g guard) admit(c *gin.Context) {
	token, err := bearer(c)
	if err != nil {
		g.refuse(c, err)
		return
	}
	grant, err := g.tokens.Introspect(c.Request.Context(), token)
	switch {
	case errors.Is(err, oauth.ErrToken):
		g.challenge(c, `, error="invalid_token"`)
		Fail(c, transfer.Errorf(transfer.TokenInvalid, "the token is unknown, expired or revoked"))
	case err != nil:
		Fail(c, err)
	case !grant.Has(oauth.ScopeRead) && !grant.Has(oauth.ScopeMove):
		g.challenge(c, fmt.Sprintf(`, error="insufficient_scope", scope="%s"`, oauth.ScopeRead)) // RFC 6750 §3.1
		Fail(c, transfer.Errorf(transfer.ScopeMissing, "the token needs the scope %s", oauth.ScopeRead))
	default:
		c.Set(grantKey, grant)
	}
}

func (g guard) refuse(c *gin.Context, err error) {
	g.challenge(c, "")
	Fail(c, err)
}

// challenge names the resource metadata (RFC 9728 §5.1).
func (g guard) challenge(c *gin.Context, more string) {
	c.Header("WWW-Authenticate", fmt.Sprintf(`Bearer resource_metadata="%s/.well-known/oauth-protected-resource/transfer/v1"%s`, g.origin, more))
}

// bearer is the token in the Authorization header. RFC 9700 §4.3.2: one in the
// address ends up in logs and is refused, whatever the header says; one in a
// form is never looked for.
func bearer(c *gin.Context) (string, error) {
	if c.Request.URL.Query().Has("access_token") {
		return "", transfer.Errorf(transfer.TokenInvalid, "a token is sent in the Authorization header, never in an address")
	}
	headers := c.Request.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", transfer.Errorf(transfer.TokenInvalid, "this needs one token in the Authorization header")
	}
	scheme, token, found := strings.Cut(headers[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 4096 || strings.ContainsAny(token, " ,") {
		return "", transfer.Errorf(transfer.TokenInvalid, "this needs a Bearer token (RFC 6750 §2.1)")
	}
	return token, nil
}
