package api

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
)

// A Group is some routes that belong together.
type Group interface {
	Mount(r gin.IRouter)
}

// Options are what the face for programs is made of.
type Options struct {
	Log    *slog.Logger
	Groups []Group
}

// New makes the handler of all routes for programs. HEAD is answered like GET
// (RFC 9110 §9.3.2): GET's handlers do it, and net/http leaves the body out.
func New(o Options) http.Handler {
	e := engine(o)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.Clone(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		e.ServeHTTP(w, r)
	})
}

// headKey marks the context of a HEAD.
type headKey struct{}

// asSent is the request with the method that it was sent with, which a proof is
// for (RFC 9449 §4.2).
func asSent(r *http.Request) *http.Request {
	if r.Context().Value(headKey{}) == nil {
		return r
	}
	r = r.Clone(r.Context())
	r.Method = http.MethodHead
	return r
}

// engine also answers which routes there are, which the contract's test asks.
func engine(o Options) *gin.Engine {
	r := gin.New()
	r.RedirectTrailingSlash = false // an address has one spelling
	r.Use(guarded, problems(o.Log), recovered)
	r.NoRoute(func(c *gin.Context) {
		Fail(c, transfer.Errorf(transfer.NotFound, "there is nothing here"))
	})
	r.HandleMethodNotAllowed = true
	r.NoMethod(func(c *gin.Context) {
		h := c.Writer.Header() // RFC 9110 §15.5.6: Allow; gin knows nothing of HEAD
		h.Set("Allow", strings.Replace(h.Get("Allow"), http.MethodGet, "GET, HEAD", 1))
		Fail(c, transfer.Errorf(transfer.MethodRefused, "there is something here, but not for %.20q", c.Request.Method))
	})
	for _, g := range o.Groups {
		g.Mount(r)
	}
	return r
}

// guarded sets what holds for every answer; a handler may replace it.
func guarded(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// recovered turns a panic into an error. The log gets the stack, never the
// request: it holds a token.
func recovered(c *gin.Context) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			Fail(c, &panicked{value: v, stack: debug.Stack()})
		}
	}()
	c.Next()
}
