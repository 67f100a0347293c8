package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/oauth/provider"
	"podmove/transfer"
	"podmove/transfer/source"
)

// Connections are what an account has allowed other pods and programs.
type Connections interface {
	Connected(ctx context.Context, account string) ([]provider.Connection, error)
	Disconnect(ctx context.Context, account, grant string) error
}

// Apps is the page of who can read the account.
type Apps struct {
	Site        *Site
	Connections Connections
	// Transfers are the account's, to say what stops.
	Transfers func(ctx context.Context, account int64) ([]source.Transfer, error)
}

// Mount adds the page.
func (p Apps) Mount(r gin.IRouter) {
	in := p.Site.SignedIn()
	r.GET("/settings/apps", in, p.show)
	r.POST("/settings/apps/:id/revoke", in, p.revoke)
}

// appsPage is what templates/apps.html shows.
type appsPage struct {
	glossary
	List []app
	Done bool // one was just taken out
}

// An app is a pod or program that can read the account.
type app struct {
	provider.Connection
	Running string // id of a move or copy that stops without it
}

// Kinds are what it may read.
func (a app) Kinds() (list []transfer.Collection) {
	for _, c := range a.Details.Collections {
		list = append(list, transfer.Collection(c))
	}
	return list
}

// Purpose is what for.
func (a app) Purpose() locale.Key {
	switch transfer.Purpose(a.Details.Purpose) {
	case transfer.Move:
		return locale.Key("To move the account")
	case transfer.Copy:
		return locale.Key("To copy what is here")
	default:
		return locale.Key("To know who you are")
	}
}

// Within is from when and until when the posts are that it may read; zero times
// bound nothing.
func (a app) Within() (bounds [2]time.Time) {
	for i, text := range []string{a.Details.Since, a.Details.Until} {
		bounds[i], _ = time.Parse(time.RFC3339, text) // checked at consent; empty bounds nothing
	}
	return bounds
}

func (p Apps) show(c *gin.Context) {
	a, _ := p.Site.Account(c)
	ctx := c.Request.Context()
	list, err := p.Connections.Connected(ctx, a.GUID)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	running, err := p.running(ctx, a.ID)
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	page := appsPage{Done: c.Query("done") != ""}
	for _, connection := range list {
		page.List = append(page.List, app{connection, running[connection.ID]})
	}
	p.Site.Page(c, http.StatusOK, "apps", page)
}

// running are the transfers that read from the account now, by their grant.
func (p Apps) running(ctx context.Context, account int64) (map[string]string, error) {
	list, err := p.Transfers(ctx, account)
	running := map[string]string{}
	for _, t := range list {
		if source.Live(t.State) {
			running[t.Grant] = t.ID
		}
	}
	return running, err
}

func (p Apps) revoke(c *gin.Context) {
	a, _ := p.Site.Account(c)
	if err := p.Connections.Disconnect(c.Request.Context(), a.GUID, c.Param("id")); err != nil {
		p.Site.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/settings/apps?done=yes")
}
