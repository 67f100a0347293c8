package web

import "github.com/gin-gonic/gin"

// Quiet keeps gin from printing its routes. It is a switch of the whole process
// (gin has no other), so that main alone may call it.
func Quiet() { gin.SetMode(gin.ReleaseMode) }
