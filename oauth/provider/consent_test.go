package provider_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/transfer"
)

func code(t *testing.T, err error, want transfer.Code) {
	t.Helper()
	if transfer.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBegin(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p), newParty(t, p)
	begin := func(query string) error { _, err := p.Begin(t.Context(), query, browser); return err }
	t.Run("refuses a request that was not pushed", func(t *testing.T) {
		code(t, begin(c.request().Encode()), transfer.RequestInvalid)
	})
	t.Run("refuses a request that nobody knows", func(t *testing.T) {
		code(t, begin(c.query("urn:ietf:params:oauth:request_uri:guess")), transfer.RequestInvalid)
	})
	t.Run("takes a request once", func(t *testing.T) {
		uri := c.push(c.request())
		must(t, begin(c.query(uri)))
		code(t, begin(c.query(uri)), transfer.RequestInvalid)
	})
	t.Run("lets no other client use a request up", func(t *testing.T) {
		uri := c.push(c.request())
		code(t, begin(other.query(uri)), transfer.RequestInvalid)
		must(t, begin(c.query(uri)))
	})
	t.Run("refuses a parameter that stands twice", func(t *testing.T) {
		uri := c.push(c.request())
		code(t, begin(c.query(uri)+"&client_id=x"), transfer.RequestInvalid)
	})
	t.Run("refuses a request that has expired", func(t *testing.T) {
		uri := c.push(c.request())
		p.later(91 * time.Second)
		code(t, begin(c.query(uri)), transfer.RequestInvalid)
	})
}

func TestInteraction(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	c.document["client_name"] = "Old \u202Eelpmaxe.dop\x07 " + strings.Repeat("long ", 40)
	form := c.request()
	id := c.begin(form)
	t.Run("shows the client's host, and its name without tricks", func(t *testing.T) {
		i, err := p.Interaction(t.Context(), id, browser)
		must(t, err)
		if i.Host != c.host() || i.Redirect != c.url || i.Hint != "aurora@old.example" || i.Details.Purpose != "move" ||
			strings.ContainsAny(i.Name, "\u202E\x07") || len(i.Name) > 90 {
			t.Errorf("%+v", i)
		}
	})
	t.Run("is hidden from another browser", func(t *testing.T) {
		_, err := p.Interaction(t.Context(), id, "another browser")
		code(t, err, transfer.RequestInvalid)
		_, err = p.Decide(t.Context(), id, "another browser", p.person(), everything())
		code(t, err, transfer.RequestInvalid)
	})
	t.Run("keeps no client assertion", func(t *testing.T) {
		pushed, found, err := p.store.OAuthRow(t.Context(), provider.KindPushed, hashed(c.push(c.request())))
		if err != nil || !found || strings.Contains(string(pushed.Body), "assertion") || !strings.Contains(string(pushed.Body), "state-of-the-login") {
			t.Errorf("%v %v %s", err, found, pushed.Body)
		}
	})
	t.Run("ends after ten minutes", func(t *testing.T) {
		p.later(11 * time.Minute)
		_, err := p.Decide(t.Context(), id, browser, p.person(), everything())
		code(t, err, transfer.RequestInvalid)
	})
}

func TestDecide(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	t.Run("refuses a sign-in older than the request", func(t *testing.T) {
		id := c.begin(c.request())
		stale := provider.Person{GUID: aurora, SignedInAt: p.now().Add(-time.Second)}
		if _, err := p.Decide(t.Context(), id, browser, provider.Person{}, everything()); !errors.Is(err, provider.ErrSignIn) {
			t.Errorf("nobody: got %v", err)
		}
		if _, err := p.Decide(t.Context(), id, browser, stale, everything()); !errors.Is(err, provider.ErrSignIn) {
			t.Errorf("got %v", err)
		}
		_, err := p.Decide(t.Context(), id, browser, p.person(), everything())
		must(t, err)
	})
	t.Run("asks for a fresh sign-in even of a client that does not", func(t *testing.T) {
		form := c.request()
		form.Del("prompt")
		form.Set("max_age", "99999")
		stale := provider.Person{GUID: aurora, SignedInAt: p.now().Add(-time.Second)}
		if _, err := p.Decide(t.Context(), c.begin(form), browser, stale, everything()); !errors.Is(err, provider.ErrSignIn) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses an admin's account before and at the decision", func(t *testing.T) {
		code(t, p.Refusal(t.Context(), admin, "", oauth.Details{}), transfer.AccountAdmin)
		_, err := p.Decide(t.Context(), c.begin(c.request()), browser, provider.Person{GUID: admin, SignedInAt: p.now()}, everything())
		code(t, err, transfer.AccountAdmin)
	})
	t.Run("refuses an account that has moved", func(t *testing.T) {
		code(t, p.Refusal(t.Context(), gone, "", oauth.Details{}), transfer.AccountMoved)
		_, err := p.Decide(t.Context(), c.begin(c.request()), browser, provider.Person{GUID: gone, SignedInAt: p.now()}, everything())
		code(t, err, transfer.AccountMoved)
	})
	t.Run("says no with state and iss, and to nobody who must sign in", func(t *testing.T) {
		id := c.begin(c.request())
		to, err := p.Decide(t.Context(), id, browser, provider.Person{}, provider.Decision{})
		must(t, err)
		u, err := url.Parse(to)
		must(t, err)
		q := u.Query()
		if q.Get("error") != "access_denied" || q.Get("iss") != p.url || q.Get("state") != "state-of-the-login" || q.Has("code") {
			t.Errorf("sent to %s", to)
		}
		_, err = p.Decide(t.Context(), id, browser, p.person(), everything())
		code(t, err, transfer.RequestInvalid)
	})
	t.Run("is answered once", func(t *testing.T) {
		id := c.begin(c.request())
		_, err := p.Decide(t.Context(), id, browser, p.person(), everything())
		must(t, err)
		_, err = p.Decide(t.Context(), id, browser, p.person(), everything())
		code(t, err, transfer.RequestInvalid)
	})
}

func TestNarrowing(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	granted := func(t *testing.T, form url.Values, d provider.Decision) oauth.Details {
		t.Helper()
		g, err := p.Introspect(t.Context(), c.redeem(c.consent(form, d)).text("access_token"))
		must(t, err)
		return g.Details
	}
	t.Run("never grants more than was asked", func(t *testing.T) {
		form := c.copying()
		form.Set("authorization_details", `[{"type":"account_transfer","purpose":"copy","collections":["posts"],"limited":false}]`)
		if d := granted(t, form, everything()); len(d.Collections) != 1 || d.Collections[0] != "posts" || d.Limited {
			t.Errorf("%+v", d)
		}
	})
	t.Run("says what was granted in the token answer, when it is refreshed, and at introspection", func(t *testing.T) {
		first := c.redeem(c.consent(c.request(), provider.Decision{Allow: true, Collections: []string{"contacts"}}))
		second := c.refresh(first.text("refresh_token"))
		third := c.post("/oauth/introspect", c.auth(url.Values{"token": {second.text("access_token")}}))
		for _, a := range []answer{first, second, third} {
			raw, err := json.Marshal(a.body["authorization_details"])
			must(t, err)
			var said []oauth.Details
			must(t, json.Unmarshal(raw, &said))
			if len(said) != 1 || strings.Join(said[0].Collections, " ") != "profile blocks contacts" || said[0].Limited ||
				said[0].Purpose != "move" || said[0].Destination != "aurora@"+c.host() {
				t.Errorf("got %s", raw)
			}
		}
	})
	t.Run("is one account, one client and one destination account", func(t *testing.T) { // Protocol §2.5
		g, err := p.Introspect(t.Context(), c.redeem(c.consent(c.request(), everything())).text("access_token"))
		must(t, err)
		if g.Account != aurora || g.Client != c.id || g.Details.Destination != "aurora@"+c.host() {
			t.Errorf("%+v", g)
		}
		form := c.request()
		form.Set("authorization_details", strings.TrimSuffix(c.details("move"), "]")+","+strings.TrimPrefix(c.details("move"), "["))
		want(t, c.post("/oauth/par", form), http.StatusBadRequest, "invalid_authorization_details")
	})
	t.Run("takes profile and blocks along in a move", func(t *testing.T) {
		d := granted(t, c.request(), provider.Decision{Allow: true, Collections: []string{"aspects"}})
		if strings.Join(d.Collections, " ") != "profile blocks aspects" {
			t.Errorf("%+v", d)
		}
	})
	t.Run("keeps posts and photos of a move together", func(t *testing.T) {
		id := c.begin(c.request())
		_, err := p.Decide(t.Context(), id, browser, p.person(), provider.Decision{Allow: true, Collections: []string{"posts"}})
		code(t, err, transfer.RequestInvalid)
		if _, err := p.Interaction(t.Context(), id, browser); err != nil {
			t.Errorf("the person cannot choose again: %v", err)
		}
	})
	t.Run("grants a copy of nothing to nobody", func(t *testing.T) {
		_, err := p.Decide(t.Context(), c.begin(c.copying()), browser, p.person(), provider.Decision{Allow: true})
		code(t, err, transfer.RequestInvalid)
	})
}
