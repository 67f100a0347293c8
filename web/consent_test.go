package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/transfer"
)

// clerk is a provider with one request.
type clerk struct {
	i        provider.Interaction
	browser  string
	refusal  error
	who      provider.Person
	decision provider.Decision
}

func (k *clerk) Begin(_ context.Context, query, browser string) (string, error) {
	if query != "client_id=c&request_uri=u" {
		return "", transfer.Errorf(transfer.RequestInvalid, "This request is unknown.")
	}
	k.browser, k.i.StartedAt = browser, time.Now().UTC().Truncate(time.Millisecond)
	return k.i.ID, nil
}

func (k *clerk) Interaction(_ context.Context, id, browser string) (provider.Interaction, error) {
	if id != k.i.ID || browser != k.browser {
		return provider.Interaction{}, transfer.Errorf(transfer.RequestInvalid, "This request is unknown.")
	}
	return k.i, nil
}

func (k *clerk) Refusal(context.Context, string, string, oauth.Details) error { return k.refusal }

func (k *clerk) Decide(_ context.Context, _, _ string, who provider.Person, d provider.Decision) (string, error) {
	if d.Allow && who.SignedInAt.Before(k.i.StartedAt) {
		return "", provider.ErrSignIn
	}
	k.who, k.decision = who, d
	return k.i.Redirect + "/oauth/callback?code=x", nil
}

func measure(_ context.Context, account int64, d oauth.Details) ([]transfer.CollectionPlan, error) {
	var all []transfer.CollectionPlan
	for _, c := range d.Collections {
		all = append(all, transfer.CollectionPlan{Collection: transfer.Collection(c), Count: 100 + account, Bytes: 2e6})
	}
	return all, nil
}

// lost is asked for once somebody is signed in (Protocol §2.8).
func lost(_ context.Context, account int64, _ oauth.Details) (int64, error) {
	if account != 1 {
		return 0, transfer.Errorf(transfer.Internal, "asked about account %d", account)
	}
	return 1234, nil
}

// moving has the account on its way to whoever does not ask again.
func moving(_ context.Context, _ int64, client, _ string) (string, error) {
	if client == "another" {
		return "aurora@third.example", nil
	}
	return "", nil
}

func newClerk(purpose string) *clerk {
	return &clerk{i: provider.Interaction{
		ID: "7", Host: "new.example", Name: "<The best pod>", Redirect: "https://new.example",
		Details: oauth.Details{Purpose: purpose, Limited: true, Destination: "aurora@new.example",
			Collections: []string{"profile", "blocks", "aspects", "contacts", "posts", "photos"}},
	}}
}

func TestConsent(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, GUID: "guid-of-aurora", Username: "aurora", State: pod.Active})
	k := newClerk("move")
	srv, client := serve(t, r, func(s *Site) Group {
		return Consent{Site: s, Interactions: k, Measure: measure, Lost: lost, Moving: moving, Grace: 30 * 24 * time.Hour, Now: time.Now}
	})
	start := func() (*http.Response, string) {
		t.Helper()
		return get(t, client, srv.URL+"/oauth/authorize?client_id=c&request_uri=u")
	}
	page := srv.URL + consentPath + "7"

	t.Run("shows a page and no way out for a request that nobody knows", func(t *testing.T) {
		resp, body := get(t, client, srv.URL+"/oauth/authorize?client_id=c&request_uri=guess&redirect_uri=https://evil.example")
		if resp.StatusCode != 400 || resp.Header.Get("Location") != "" || strings.Contains(body, "evil") {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
	t.Run("goes on to its own page, by 303", func(t *testing.T) {
		if resp, _ := start(); resp.StatusCode != 303 || resp.Header.Get("Location") != consentPath+"7" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
	t.Run("asks for a sign-in, and for a fresh one", func(t *testing.T) {
		signIn := "/sign-in?next=" + url.QueryEscape(consentPath+"7")
		if resp, _ := get(t, client, page); resp.Header.Get("Location") != signIn {
			t.Errorf("a stranger is sent to %s", resp.Header.Get("Location"))
		}
		post(t, client, srv.URL+"/let-me-in", nil)
		time.Sleep(2 * time.Millisecond)
		start()
		if resp, _ := get(t, client, page); resp.Header.Get("Location") != signIn {
			t.Errorf("someone who signed in earlier is sent to %s", resp.Header.Get("Location"))
		}
		if resp, _ := post(t, client, page, url.Values{"decision": {"allow"}}); resp.Header.Get("Location") != signIn {
			t.Errorf("their decision is sent to %s", resp.Header.Get("Location"))
		}
		post(t, client, srv.URL+"/let-me-in", nil)
	})
	t.Run("tells the owner how much there is, and what cannot go along, and nobody before", func(t *testing.T) { // Protocol §2.8
		owners := []string{"All of it is about 12\u00a0MB.", "Photos whose files are missing here: 1,234."}
		_, body := get(t, client, page)
		resp, before := get(t, &http.Client{CheckRedirect: client.CheckRedirect}, page)
		for _, words := range owners {
			if !strings.Contains(body, words) || strings.Contains(before, words) || resp.StatusCode == http.StatusOK {
				t.Errorf("%q: %d %s", words, resp.StatusCode, body)
			}
		}
	})
	t.Run("asks who they are if their account was closed meanwhile", func(t *testing.T) {
		open := r.accounts[1]
		closed := open
		closed.State = pod.Closed
		r.accounts[1] = closed
		defer func() { r.accounts[1] = open }()
		signIn := "/sign-in?next=" + url.QueryEscape(consentPath+"7")
		if resp, _ := get(t, client, page); resp.Header.Get("Location") != signIn {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
		if resp, _ := post(t, client, page, url.Values{"decision": {"allow"}}); resp.Header.Get("Location") != signIn {
			t.Errorf("their decision: %d %v", resp.StatusCode, resp.Header)
		}
	})
	t.Run("shows the host before any name, what goes along, and when the copies go", func(t *testing.T) {
		resp, body := get(t, client, page)
		if resp.StatusCode != 200 || strings.Index(body, `class="host">new.example`) > strings.Index(body, "&lt;The best pod&gt;") {
			t.Errorf("%d\n%s", resp.StatusCode, body)
		}
		for _, part := range []string{"aurora@new.example", "<li>Your profile</li>", "Your contacts (101)", "Posts and photos (101 posts · 101 photos · 4\u00a0MB)",
			`name="limited" value="yes" checked`, `value="contacts" checked`, `name="no_address"`, "Until about"} {
			if !strings.Contains(body, part) {
				t.Errorf("the page lacks %q", part)
			}
		}
		csp := resp.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "form-action 'self' https://new.example;") || !strings.Contains(csp, "frame-ancestors 'none'") || resp.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("headers %v", resp.Header)
		}
	})
	t.Run("says to its owner that the account is already moving", func(t *testing.T) { // Protocol §2.8
		if _, body := get(t, client, page); strings.Contains(body, "already moving") {
			t.Error("it says so of one that is not")
		}
		k.i.Client = "another"
		defer func() { k.i.Client = "" }()
		if _, body := get(t, client, page); !strings.Contains(body, "already moving to <strong><bdi>aurora@third.example</bdi></strong>") {
			t.Errorf("%s", body)
		}
	})
	t.Run("is hidden from another browser", func(t *testing.T) {
		stranger := browser(t)
		post(t, stranger, srv.URL+"/let-me-in", nil)
		if resp, _ := get(t, stranger, page); resp.StatusCode != 400 {
			t.Errorf("%d", resp.StatusCode)
		}
	})
	t.Run("says who decided what", func(t *testing.T) {
		resp, _ := post(t, client, page, url.Values{"decision": {"allow"}, "carry": {both, "contacts"}, "no_address": {"yes"}})
		if resp.StatusCode != 303 || resp.Header.Get("Location") != "https://new.example/oauth/callback?code=x" {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		got := strings.Join(k.decision.Collections, " ")
		if k.who.GUID != "guid-of-aurora" || !k.decision.Allow || k.decision.Limited || !k.decision.Choices.NoAddress || k.decision.Choices.LinksMayGo ||
			got != "posts photos contacts" {
			t.Errorf("%+v %+v", k.who, k.decision)
		}
	})
	t.Run("takes anything but allow for a no", func(t *testing.T) {
		for _, decision := range []string{"deny", "", "Allow"} {
			post(t, client, page, url.Values{"decision": {decision}})
			if k.decision.Allow {
				t.Errorf("%q allowed", decision)
			}
		}
	})
	t.Run("tells an account that it asks for another one", func(t *testing.T) {
		k.i.Hint = "boreal@pod.example"
		if _, body := get(t, client, page); !strings.Contains(body, "boreal@pod.example") {
			t.Error("the page does not say so")
		}
	})
	t.Run("says why an admin's account cannot go, and offers only the way back", func(t *testing.T) {
		k.refusal = transfer.Errorf(transfer.AccountAdmin, "Hand the role over first.")
		_, body := get(t, client, page)
		if !strings.Contains(body, "Hand the role over first.") || strings.Contains(body, `value="allow"`) || !strings.Contains(body, `value="deny"`) {
			t.Errorf("%s", body)
		}
	})
	t.Run("takes no form from another site", func(t *testing.T) {
		req, err := http.NewRequest(http.MethodPost, page, strings.NewReader("decision=allow"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://evil.example")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if readBody(t, resp); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%d", resp.StatusCode)
		}
	})
}

func TestConsentToCopy(t *testing.T) {
	p := consentPage{Interaction: newClerk("copy").i}
	p.offer(english(t), nil)
	for _, tick := range p.Ticks {
		if tick.On != (tick.Value != "contacts") {
			t.Errorf("%s is ticked: %v", tick.Value, tick.On)
		}
	}
	if len(p.Ticks) != 6 || p.Limited == nil || p.Limited.On || p.Always != nil {
		t.Errorf("%+v", p)
	}
}

func TestConsentToRegisteredClient(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, GUID: "guid-of-aurora", Username: "aurora", State: pod.Active})
	k := newClerk("copy")
	k.i.Registered, k.i.Public, k.i.Host, k.i.Redirect, k.i.Name = true, true, "app.example", "https://app.example", "Your new pod"
	srv, client := serve(t, r, func(s *Site) Group {
		return Consent{Site: s, Interactions: k, Measure: measure, Grace: 30 * 24 * time.Hour, Now: time.Now}
	})
	get(t, client, srv.URL+"/oauth/authorize?client_id=c&request_uri=u")
	post(t, client, srv.URL+"/let-me-in", nil)
	_, body := get(t, client, srv.URL+consentPath+"7")
	t.Run("shows where the answer goes before the name that it gave itself", func(t *testing.T) {
		host, name := strings.Index(body, `class="host" dir="ltr">app.example`), strings.Index(body, "Your new pod")
		if host < 0 || name < host || !strings.Contains(body, "Anyone can call themselves that") {
			t.Errorf("%s", body)
		}
	})
	t.Run("says that nothing is proved", func(t *testing.T) {
		if !strings.Contains(body, "Nothing proves who this is") || !strings.Contains(body, "<strong><bdi>app.example</bdi></strong>") || strings.Contains(body, "Only its address above is certain") {
			t.Errorf("%s", body)
		}
	})
	t.Run("ticks neither contacts nor limited posts", func(t *testing.T) {
		for _, part := range []string{`value="contacts">`, `name="limited" value="yes">`, `value="posts" checked>`} {
			if !strings.Contains(body, part) {
				t.Errorf("the page lacks %s", part)
			}
		}
	})
}
