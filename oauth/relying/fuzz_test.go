package relying

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// FuzzDescriptor: whatever a WebFinger answer says, what comes of it is the
// issuer of the account that was asked for, and a bare origin.
func FuzzDescriptor(f *testing.F) {
	f.Add(`{"subject":"acct:aurora@old.example","links":[{"rel":"` + issuerRel + `","href":"https://old.example"}]}`)
	f.Add(`{"subject":"acct:aurora@old.example","links":[]}`)
	f.Add(`{"subject":"acct:aurora@old.example","links":[{"rel":"` + issuerRel + `","href":"https://old.example/"}]}`)
	p := New(Options{Origin: "https://new.example", HTTP: new(http.Client)})
	f.Fuzz(func(t *testing.T, body string) {
		var d descriptor
		if json.Unmarshal([]byte(body), &d) != nil {
			return
		}
		issuer, err := d.issuer("aurora@old.example")
		if err != nil || p.checkIssuer("old.example", issuer) != nil {
			return
		}
		u, err := url.Parse(issuer)
		if err != nil || u.Scheme != "https" || issuer != "https://"+u.Host || u.Hostname() == "" {
			t.Errorf("took %q", issuer)
		}
	})
}

// FuzzTokenAnswer: nothing beyond what was asked for is ever granted, and no
// token breaks a header.
func FuzzTokenAnswer(f *testing.F) {
	f.Add(`{"access_token":"a","token_type":"Bearer","expires_in":1800,"refresh_token":"r","authorization_details":[{"type":"account_transfer","purpose":"move","collections":["profile","blocks"],"limited":false,"destination":"a@b"}]}`)
	f.Add(`{"access_token":"a\n","token_type":"Bearer","expires_in":-1}`)
	f.Add(`{"access_token":"a","token_type":"bearer","expires_in":9223372036854775807,"scope":"openid"}`)
	asked := oauth.Details{Type: oauth.DetailsType, Purpose: "move", Collections: []string{"profile", "blocks"}, Destination: "a@b"}
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, body string) {
		var a tokenAnswer
		if json.Unmarshal([]byte(body), &a) != nil {
			return
		}
		got, err := a.tokens("https://old.example", "key", now)
		if err == nil && (strings.ContainsAny(got.Access+got.Refresh, " \r\n\x00") || !got.Renew.IsZero() && (got.Renew.Before(now) || got.Renew.After(now.Add(maxLifetime)))) {
			t.Errorf("took %+v", got)
		}
		list, err := a.granted(Peer{Issuer: "https://old.example"}, asked)
		if err == nil && (len(list) == 0 || slices.ContainsFunc(list, func(c transfer.Collection) bool { return !slices.Contains(asked.Collections, string(c)) })) {
			t.Errorf("granted %v", list)
		}
	})
}

// FuzzAnswer: an answer that is taken names this login and its issuer.
func FuzzAnswer(f *testing.F) {
	f.Add("code=c&state=s&iss=https://old.example")
	f.Add("error=access_denied&state=s&iss=https://old.example")
	l := login{Issuer: "https://old.example", State: "s"}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		code, err := l.code(q)
		if err == nil && (code == "" || q.Get("state") != "s" || q.Get("iss") != l.Issuer || q.Has("error")) {
			t.Errorf("took %q from %q", code, query)
		}
	})
}
