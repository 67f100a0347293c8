package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// anyone signs in the account whose row id the address names, as if that had
// been some time ago if it says so.
type anyone struct{ site *Site }

func (a anyone) Mount(r gin.IRouter) {
	r.POST("/as/:id", func(c *gin.Context) {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err == nil {
			ago, _ := time.ParseDuration(c.Query("ago"))
			err = a.site.Sessions.SignIn(c.Request.Context(), id, time.Now().Add(-ago))
		}
		if err != nil {
			a.site.Fail(c, err)
			return
		}
		c.Status(http.StatusNoContent)
	})
}

// nameTag tells a browser its name.
type nameTag struct{ site *Site }

func (n nameTag) Mount(r gin.IRouter) {
	r.GET("/browser", func(c *gin.Context) { c.String(http.StatusOK, n.site.Browser(c)) })
}
