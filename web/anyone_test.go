package web

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// anyone signs in the account whose row id the address names.
type anyone struct{ site *Site }

func (a anyone) Mount(r gin.IRouter) {
	r.POST("/as/:id", func(c *gin.Context) {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err == nil {
			err = a.site.Sessions.SignIn(c.Request.Context(), id)
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
