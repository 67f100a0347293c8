package api

import (
	"context"

	"github.com/gin-gonic/gin"
)

// A Side hears notices about its own transfers: transfer.NotFound about others.
type Side interface {
	Hear(ctx context.Context, message string) (answer string, err error)
}

// Notices take what other pods tell of, signed: an undo (Protocol §7.2). A pod
// is both sides, so that each is asked.
type Notices struct{ Sides []Side }

// Mount adds the route.
func (n Notices) Mount(r gin.IRouter) {
	var who []func(context.Context, string) (string, error)
	for _, s := range n.Sides {
		who = append(who, s.Hear)
	}
	r.POST("/transfer/v1/notices", func(c *gin.Context) { hear(c, who) })
}
