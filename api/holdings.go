package api

import (
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
)

// messageType is the media type of a JWS in compact form (RFC 7515 §9.2.1).
const messageType = "application/jose"

// Keeper answers, signed, what this pod still holds of what came to it.
type Keeper interface {
	Holdings(ctx context.Context, message string) (answer string, err error)
}

// Holdings takes the questions of pods that accounts came from (Protocol
// §7.3). It needs no token: the signature is the authority.
type Holdings struct{ Keeper Keeper }

// Mount adds the route.
func (h Holdings) Mount(r gin.IRouter) {
	r.POST("/transfer/v1/holdings", func(c *gin.Context) {
		hear(c, func(string) []answerer { return []answerer{h.Keeper.Holdings} })
	})
}

// An answerer answers a signed message.
type answerer = func(ctx context.Context, message string) (answer string, err error)

// hear reads a signed message and answers with that of the first who knows the
// transfer that it is about, of those whom it is for.
func hear(c *gin.Context, who func(message string) []answerer) {
	message, err := readMessage(c)
	if err != nil {
		Fail(c, err)
		return
	}
	for _, hears := range who(message) {
		answer, err := hears(c.Request.Context(), message)
		switch {
		case transfer.CodeOf(err) == transfer.NotFound:
		case err != nil:
			Fail(c, err)
			return
		default:
			c.Data(http.StatusOK, messageType, []byte(answer))
			return
		}
	}
	// The same words as for a wrong signature: which transfers there are is
	// nobody else's business.
	Fail(c, transfer.Errorf(transfer.SignatureInvalid, "the message is not signed by a pod that shares such a transfer with this one"))
}

func readMessage(c *gin.Context) (string, error) {
	if c.ContentType() != messageType {
		return "", transfer.Errorf(transfer.RequestInvalid, "the body is %s", messageType)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxSigned))
	return string(raw), err
}
