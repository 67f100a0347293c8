package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
)

// A Side hears notices about its own transfers: transfer.NotFound about others.
type Side interface {
	Hear(ctx context.Context, message string) (answer string, err error)
}

// Notices take what other pods tell of, signed: an undo (Protocol §7.2), of
// which a pod may be either side, so that each is asked, and that an account
// has moved on (§6.5).
type Notices struct {
	Sides   []Side
	MovedOn func(ctx context.Context, message string) (answer string, err error)
}

// Mount adds the route.
func (n Notices) Mount(r gin.IRouter) {
	var who []answerer
	for _, s := range n.Sides {
		who = append(who, s.Hear)
	}
	r.POST("/transfer/v1/notices", func(c *gin.Context) {
		hear(c, func(message string) []answerer {
			if typ(message) == transfer.TypMovedOn && n.MovedOn != nil {
				return []answerer{n.MovedOn}
			}
			return who
		})
	})
}

// typ is what kind of message a JWS says that it is. Whoever hears it verifies
// that (RFC 8725 §3.11).
func typ(message string) string {
	first, _, _ := strings.Cut(message, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	var header struct {
		Typ string `json:"typ"`
	}
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return ""
	}
	return header.Typ
}
