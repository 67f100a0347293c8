package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/transfer"
)

// Interactions are the requests of other pods and programs that wait for a
// person's decision; oauth/provider makes and answers them.
type Interactions interface {
	Begin(ctx context.Context, query, browser string) (id string, err error)
	Interaction(ctx context.Context, id, browser string) (provider.Interaction, error)
	Refusal(ctx context.Context, guid, client string, d oauth.Details) error
	Decide(ctx context.Context, id, browser string, who provider.Person, d provider.Decision) (address string, err error)
}

// Consent is where a person decides what another pod or program gets.
type Consent struct {
	Site         *Site
	Interactions Interactions
	// Measure is how much of an account the details would carry, by
	// collection; Protocol §2.8: it is shown to the owner alone.
	Measure func(ctx context.Context, account int64, d oauth.Details) ([]transfer.CollectionPlan, error)
	// Lost is how many photos, of those, cannot go along; nil does not look.
	Lost func(ctx context.Context, account int64, d oauth.Details) (int64, error)
	// Moving is where the account is on its way to, if that keeps the client
	// from moving it to the destination; empty if nothing does.
	Moving func(ctx context.Context, account int64, client, destination string) (string, error)
	// Left is what an earlier move left that is asked for once more (Protocol §5.5),
	// and Labels what a person knows items by, by collection and guid.
	Left   func(ctx context.Context, account int64, d oauth.Details, limit int) ([]transfer.Outcome, error)
	Labels func(ctx context.Context, account int64, items []transfer.Outcome) (map[transfer.Collection]map[string]string, error)
	Grace  time.Duration // from the redirects to the erasing
	Now    func() time.Time
}

// consentPath is followed by an interaction's id.
const consentPath = "/oauth/interactions/"

// Mount adds the pages.
func (s Consent) Mount(r gin.IRouter) {
	r.GET("/oauth/authorize", s.begin)
	r.GET(consentPath+":id", s.ask)
	r.POST(consentPath+":id", s.decide)
}

// begin takes a pushed request in, once, and goes on to its page.
func (s Consent) begin(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	id, err := s.Interactions.Begin(c.Request.Context(), c.Request.URL.RawQuery, s.Site.Browser(c))
	if err != nil {
		s.Site.Fail(c, err, consentWords)
		return
	}
	c.Redirect(http.StatusSeeOther, consentPath+id)
}

func (s Consent) ask(c *gin.Context) {
	ctx := c.Request.Context()
	i, err := s.Interactions.Interaction(ctx, c.Param("id"), s.Site.Browser(c))
	if err != nil {
		s.Site.Fail(c, err, consentWords)
		return
	}
	// Protocol §2.1: what counts is a sign-in for this request.
	if s.Site.Fresh(c).Before(i.StartedAt) {
		s.Site.SignIn(c, consentPath+i.ID)
		return
	}
	page, err := s.page(c, i)
	if err != nil {
		s.Site.Fail(c, err, consentWords)
		return
	}
	// Browsers apply form-action to where a form's answer redirects, too.
	c.Header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self' "+i.Redirect+"; frame-ancestors 'none'; base-uri 'none'")
	c.Header("Referrer-Policy", "no-referrer")
	s.Site.Page(c, http.StatusOK, "consent", page)
}

func (s Consent) decide(c *gin.Context) {
	id := c.Param("id")
	a, _ := s.Site.Account(c)
	d := provider.Decision{
		Allow:       c.PostForm("decision") == "allow",
		Collections: ticked(c.PostFormArray("carry")),
		Limited:     c.PostForm("limited") == "yes",
		Choices: oauth.Choices{
			NoAddress:  c.PostForm("no_address") == "yes",
			LinksMayGo: c.PostForm("links_may_go") == "yes",
		},
	}
	who := provider.Person{GUID: a.GUID, SignedInAt: s.Site.Fresh(c)}
	address, err := s.Interactions.Decide(c.Request.Context(), id, s.Site.Browser(c), who, d)
	switch {
	case errors.Is(err, provider.ErrSignIn):
		s.Site.SignIn(c, consentPath+id)
	case err != nil:
		s.Site.Fail(c, err, consentWords)
	default:
		c.Header("Cache-Control", "no-store")
		c.Header("Referrer-Policy", "no-referrer")
		c.Redirect(http.StatusSeeOther, address)
	}
}

// consentWords are what codes mean on the way to and from the consent page.
var consentWords = map[transfer.Code]locale.Key{
	transfer.RequestInvalid: locale.Key("This request is unknown, was answered before, or is too old. Nothing was granted. Go back to where you came from and start again."),
}

// ticked are the collections that a form's ticks name.
func ticked(values []string) []string {
	if i := slices.Index(values, both); i >= 0 { // Protocol §2.4: one tick
		return slices.Replace(values, i, i+1, string(transfer.Posts), string(transfer.Photos))
	}
	return values
}

// both is the tick for posts and photos of a move.
const both = "posts+photos"
