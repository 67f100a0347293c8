package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/limit"
	"podmove/internal/locale"
	"podmove/internal/pod"
)

// Options are what a Site works with.
type Options struct {
	Origin   string        // the pod's public URL, without a trailing slash
	Contact  string        // the podmin's e-mail address or https URL, or empty
	Proxies  limit.Proxies // whose X-Forwarded-For is believed
	MaxPhoto int64         // most bytes of one photo
	Closed   bool          // nobody may sign up: the podmin makes the accounts
	Sessions *pod.Sessions
	Accounts Accounts
	Log      *slog.Logger
	// Budget takes one page from an account's budget, or says how long it is
	// until one is left. Nil has no end.
	Budget func(account int64) (wait time.Duration)
}

// Accounts find who is signed in.
type Accounts interface {
	Account(ctx context.Context, id int64) (pod.Account, error)
}

// A Site is what all pages share.
type Site struct {
	Origin   string
	Host     string // the part of this pod's diaspora* IDs after the @
	Closed   bool   // nobody may sign up
	Sessions *pod.Sessions
	Log      *slog.Logger
	contact  string
	proxies  limit.Proxies
	maxPhoto int64
	accounts Accounts
	budget   func(account int64) time.Duration
	speaks   *locale.Set
	pages    pages
	missing  map[*locale.Locale][]byte // the one answer for what is not there, or not for this person
}

// NewSite reads the templates.
func NewSite(o Options) (*Site, error) {
	s := &Site{Origin: o.Origin, Host: pod.Host(o.Origin), Closed: o.Closed, Sessions: o.Sessions, Log: o.Log, contact: o.Contact, proxies: o.Proxies, maxPhoto: o.MaxPhoto, accounts: o.Accounts, budget: o.Budget}
	var err error
	if s.speaks, err = locale.New(); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(s.speaks); err != nil {
		return nil, err
	}
	if s.missing, err = s.renderMissing(); err != nil {
		return nil, err
	}
	return s, nil
}

// ID is the diaspora* ID of an account of this pod.
func (s *Site) ID(a pod.Account) string { return a.Username + "@" + s.Host }

// Account is who is signed in.
func (s *Site) Account(c *gin.Context) (pod.Account, bool) {
	if a, ok := c.Get(accountKey); ok {
		account := a.(pod.Account)
		return account, account.ID != 0
	}
	return pod.Account{}, false
}

// know finds out who is signed in, before any page asks. A page that cannot be told
// is not shown, lest a person be taken for a stranger.
func (s *Site) know(c *gin.Context) {
	account, err := s.Sessions.Person(c.Request.Context(), s.accounts.Account)
	c.Set(accountKey, account)
	if err != nil {
		s.Fail(c, err)
	}
}

// accountKey finds the account in a gin.Context.
const accountKey = "podmove.account"

// Viewer is who looks at a page, as decisions on visibility need it.
func (s *Site) Viewer(c *gin.Context) pod.Viewer {
	a, ok := s.Account(c)
	if !ok {
		return pod.Viewer{}
	}
	return pod.Viewer{Account: a.ID, ID: s.ID(a)}
}

// Fresh is when the person signed in typed their password; the zero time if
// nobody is signed in. A session outlives an account that was closed.
func (s *Site) Fresh(c *gin.Context) time.Time {
	if _, ok := s.Account(c); !ok {
		return time.Time{}
	}
	_, auth := s.Sessions.Account(c.Request.Context())
	return auth
}

// freshness is how long ago the password may have been typed for what cannot
// be taken back (Protocol §7.5).
const freshness = 10 * time.Minute

// IsFresh sends a person who signed in too long ago to the sign-in page, and
// from there to next, where the button is pressed again.
func (s *Site) IsFresh(c *gin.Context, now time.Time, next string) bool {
	if now.Sub(s.Fresh(c)) <= freshness {
		return true
	}
	s.SignIn(c, next)
	c.Abort()
	return false
}

// Browser is the name of the browser that asks; see pod.Sessions.Browser.
func (s *Site) Browser(c *gin.Context) string { return s.Sessions.Browser(c.Request.Context()) }

// SignedIn lets only people through who are signed in, and sends others to the
// sign-in page and then back.
func (s *Site) SignedIn() gin.HandlerFunc {
	return func(c *gin.Context) {
		if a, ok := s.Account(c); ok {
			if wait := s.take(a); wait > 0 {
				s.Busy(c.Writer, c.Request, wait)
				c.Abort()
			}
			return
		}
		next := "/"
		if c.Request.Method == http.MethodGet {
			next = c.Request.URL.RequestURI()
		}
		s.SignIn(c, next)
		c.Abort()
	}
}

func (s *Site) take(a pod.Account) time.Duration {
	if s.budget == nil {
		return 0
	}
	return s.budget(a.ID)
}

// SignIn sends the browser to the sign-in page, which asks for the password
// even of a person who is signed in, and then to next, a path of this site.
func (s *Site) SignIn(c *gin.Context, next string) {
	c.Redirect(http.StatusSeeOther, "/sign-in?next="+url.QueryEscape(local(next)))
}

// maxNext is the longest way back that is kept, in bytes.
const maxNext = 2 << 10

// local is next if it is a path of this site, else "/". "//host" and "/\host"
// are other sites to a browser, which takes tabs and line breaks out before it
// looks (URL Standard §4.4).
func local(next string) string {
	u, err := url.Parse(next)
	switch {
	case err != nil, len(next) > maxNext, u.Scheme != "", u.Host != "", u.User != nil,
		!strings.HasPrefix(next, "/"), strings.HasPrefix(next, "//"), strings.ContainsAny(next, "\\\r\n\t"):
		return "/"
	}
	return next
}
