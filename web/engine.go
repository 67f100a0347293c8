package web

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
)

// maxForm bounds what a form may send, in bytes.
const maxForm = 1 << 20

// A Group is some pages that belong together.
type Group interface {
	Mount(r gin.IRouter)
}

//go:embed static
var static embed.FS

// New makes the handler of all pages: their routes, and around them the checks
// that hold for each.
func New(s *Site, groups ...Group) http.Handler {
	r := gin.New()
	r.RedirectTrailingSlash = false // an address has one spelling
	r.ContextWithFallback = true
	r.Use(s.recover)
	r.NoRoute(s.Missing)
	r.GET("/static/:name", s.static)
	r.Use(s.know)
	for _, g := range groups {
		g.Mount(r)
	}
	return headers(asGet(s.sameOrigin(s.bounded(s.Sessions.Wrap(r)))))
}

// bounded refuses forms that are too large before anything reads half of one:
// what a form lacks looks like what was not filled in.
func (s *Site) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if brings(r) { // read part by part, by who keeps the files
			r.Body = http.MaxBytesReader(w, r.Body, maxForm+maxFiles*s.maxPhoto)
			next.ServeHTTP(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.Method == http.MethodPost {
			err := r.ParseForm()
			if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
				s.plain(w, r, http.StatusRequestEntityTooLarge, locale.Key("This is too much"),
					locale.Key("The form holds more than this pod takes, and nothing of it was used. Go back, shorten it, and send it again."))
				return
			}
			if err != nil {
				s.plain(w, r, http.StatusBadRequest, refused, locale.Key("The form did not arrive whole, and nothing of it was used. Go back, and send it again."))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// headers are set ahead of the handlers, so that a page may replace them: the
// consent page's form leads to another site.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Frame-Options", "DENY") // RFC 9700 §4.16, for browsers that pass over frame-ancestors
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if strings.HasPrefix(r.URL.Path, "/oauth/") {
			h.Set("Referrer-Policy", "no-referrer") // RFC 9700 §4.2.4: these addresses hold codes and states
		}
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// asGet lets GET's handlers answer HEAD; net/http leaves the body out.
func asGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.Clone(context.WithValue(r.Context(), looking{}, true))
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// looking marks the context of a HEAD.
type looking struct{}

// onlyLooks reports whether the request is a HEAD, for handlers whose body is
// too much to make for nobody.
func onlyLooks(r *http.Request) bool { return r.Context().Value(looking{}) != nil }

// sameOrigin refuses forms that another site's page sent.
func (s *Site) sameOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(s.Origin); err != nil {
		s.Log.Warn("forms are compared with the Host header only", "error", err)
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.plain(w, r, http.StatusForbidden, locale.Key("This form came from another site"),
			locale.Key("Nothing was done. Open the page here and send the form from there."))
	}))
	return p.Handler(next)
}

// recover turns a panic into a page. The log gets the stack, never the request:
// it holds cookies.
func (s *Site) recover(c *gin.Context) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			s.Log.ErrorContext(c, "a page panicked", "path", c.FullPath(), "panic", v, "stack", string(debug.Stack()))
			s.plain(c.Writer, c.Request, http.StatusInternalServerError, outOfOrder, oops)
			c.Abort()
		}
	}()
	c.Next()
}

func (s *Site) static(c *gin.Context) {
	name := "static/" + c.Param("name")
	if _, err := fs.Stat(static, name); err != nil {
		s.Missing(c)
		return
	}
	c.Header("Cache-Control", "max-age=3600")
	http.ServeFileFS(c.Writer, c.Request, static, name)
}
