package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/transfer"
	"podmove/transfer/source"
)

// connections are what aurora has allowed.
type connections struct {
	owner string
	list  []provider.Connection
	taken []string
}

func (c *connections) Connected(_ context.Context, account string) ([]provider.Connection, error) {
	if account != c.owner {
		return nil, nil
	}
	return c.list, nil
}

func (c *connections) Disconnect(_ context.Context, account, grant string) error {
	if account != c.owner {
		return transfer.Errorf(transfer.NotFound, "no such permission")
	}
	c.taken = append(c.taken, grant)
	return nil
}

func TestApps(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	moving := provider.Connection{Since: time.UnixMilli(1_700_000_000_000), Used: time.UnixMilli(1_700_000_600_000), Grant: oauth.Grant{
		ID: "moving", Client: "https://new.example/oauth/client.json",
		Details: oauth.Details{Purpose: "move", Collections: []string{"profile", "posts", "photos"}, Limited: true, Destination: "aurora@new.example"},
	}}
	registered := provider.Connection{Since: moving.Since, Grant: oauth.Grant{
		ID: "registered", Client: "c-<b>12345", Redirect: "app.example",
		Details: oauth.Details{Purpose: "copy", Collections: []string{"posts"}, Since: "2020-01-01T00:00:00Z"},
	}}
	c := &connections{h.account["aurora"].GUID, []provider.Connection{moving, registered}, nil}
	h.handler = New(h.site, anyone{h.site}, Apps{h.site, c, func(context.Context, int64) ([]source.Transfer, error) {
		return []source.Transfer{{ID: "a0b1", Grant: "moving", State: transfer.Copying}, {ID: "c2d3", Grant: "registered", State: transfer.Finished}}, nil
	}})
	page := h.status(http.StatusOK, "aurora", "/settings/apps")
	first, second, _ := strings.Cut(page, "app.example")
	for part, says := range map[string][]string{
		first: {
			">new.example<", "To move the account", "aurora@new.example", "Profile", "Posts", "Photos", "Yes, what you share with chosen people as well",
			"2023-11-14T22:13:20Z", "2023-11-14T22:23:20Z", "/departures/a0b1", "stops at once", `action="/settings/apps/moving/revoke"`,
		},
		second: {"c-&lt;b&gt;12345", "To copy what is here", "No, only what is public", "2020-01-01T00:00:00Z", "Never", `action="/settings/apps/registered/revoke"`},
	} {
		for _, want := range says {
			if !strings.Contains(part, want) {
				t.Errorf("%q is not where it belongs: %s", want, part)
			}
		}
	}
	if strings.Contains(second, "stops at once") {
		t.Error("what has ended is said to stop")
	}
	if body := h.status(http.StatusOK, "boreal", "/settings/apps"); strings.Contains(body, "new.example") || !strings.Contains(body, "Nobody can read your account now.") {
		t.Error(body)
	}
	t.Run("a press takes a permission back", func(t *testing.T) {
		w := h.request("aurora", http.MethodPost, "/settings/apps/moving/revoke")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/settings/apps?done=yes" || len(c.taken) != 1 {
			t.Errorf("%d %v", w.Code, c.taken)
		}
		if body := h.status(http.StatusOK, "aurora", "/settings/apps?done=yes"); !strings.Contains(body, "The permission is taken back.") {
			t.Error(body)
		}
	})
	t.Run("another's is not there, and another site's form does nothing", func(t *testing.T) {
		if w := h.request("boreal", http.MethodPost, "/settings/apps/moving/revoke"); w.Code != http.StatusNotFound {
			t.Errorf("boreal: %d", w.Code)
		}
		if w := h.request("aurora", http.MethodPost, "/settings/apps/moving/revoke", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("another site: %d", w.Code)
		}
		if w := h.request("aurora", http.MethodGet, "/settings/apps/moving/revoke"); w.Code != http.StatusNotFound {
			t.Errorf("a link: %d", w.Code)
		}
		if w := h.request("", http.MethodPost, "/settings/apps/moving/revoke"); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
			t.Errorf("nobody: %d", w.Code)
		}
		if len(c.taken) != 1 {
			t.Errorf("taken back are %v", c.taken)
		}
	})
}
