package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/transfer"
)

// WebFinger answers who has an ID of this pod (RFC 7033). It goes on answering
// for a moved account, under its old ID (Protocol §6.4).
type WebFinger struct {
	Origin   string // the pod's public URL, without a slash at the end
	Accounts Accounts
}

// Accounts find accounts by username, or pod.ErrNoAccount.
type Accounts interface {
	AccountNamed(ctx context.Context, username string) (pod.Account, error)
}

// Relations of the links that WebFinger names.
const (
	relProfile = "http://webfinger.net/rel/profile-page"
	relUpdates = "http://schemas.google.com/g/2010#updates-from"
	relIssuer  = "http://openid.net/specs/connect/1.0/issuer"
)

// resourceJSON is a JRD (RFC 7033 §4.4).
type resourceJSON struct {
	Subject string     `json:"subject"`
	Aliases []string   `json:"aliases"`
	Links   []linkJSON `json:"links"`
}

type linkJSON struct {
	Rel  string `json:"rel"`
	Type string `json:"type,omitempty"`
	Href string `json:"href"`
}

// Mount adds the route.
func (f WebFinger) Mount(r gin.IRouter) { r.GET("/.well-known/webfinger", f.find) }

func (f WebFinger) find(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*") // RFC 7033 §5
	resource := c.Query("resource")
	if resource == "" || len(resource) > 300 {
		Fail(c, transfer.Errorf(transfer.RequestInvalid, "name the ID that you ask for in the parameter resource"))
		return
	}
	account, err := f.account(c.Request.Context(), resource)
	if err != nil {
		Fail(c, hidden(err))
		return
	}
	body, err := json.Marshal(f.resource(account, c.QueryArray("rel")))
	if err != nil {
		Fail(c, err)
		return
	}
	c.Header("Cache-Control", "max-age=300")
	c.Data(http.StatusOK, "application/jrd+json", body)
}

// account finds who has the ID: name@host, with or without "acct:" in front.
func (f WebFinger) account(ctx context.Context, resource string) (pod.Account, error) {
	id := strings.TrimPrefix(strings.ToLower(resource), "acct:")
	username, host, _ := strings.Cut(id, "@")
	if host != pod.Host(f.Origin) {
		return pod.Account{}, pod.ErrHidden
	}
	a, err := f.Accounts.AccountNamed(ctx, username)
	if errors.Is(err, pod.ErrNoAccount) || a.State == pod.Closed {
		return pod.Account{}, pod.ErrHidden
	}
	return a, err
}

// resource keeps to the relations that were asked for, if any (RFC 7033 §4.3).
func (f WebFinger) resource(a pod.Account, rels []string) resourceJSON {
	v := resourceJSON{
		Subject: "acct:" + a.Username + "@" + pod.Host(f.Origin),
		Aliases: []string{f.Origin + "/people/" + a.GUID},
		Links:   []linkJSON{},
	}
	for _, l := range []linkJSON{
		{relProfile, "text/html", f.Origin + "/u/" + a.Username},
		{relUpdates, "application/atom+xml", f.Origin + "/public/" + a.Username + ".atom"},
		{relIssuer, "", f.Origin},
	} {
		if len(rels) == 0 || slices.Contains(rels, l.Rel) {
			v.Links = append(v.Links, l)
		}
	}
	return v
}
