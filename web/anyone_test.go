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
