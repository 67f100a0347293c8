package relying

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// canned answers every request in the same way, and keeps the last.
type canned struct {
	status     int
	kind, body string
	asked      *http.Request
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked = r
	return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

// FuzzDescriptor: whatever ID a person types and whatever is answered for it,
// one host is asked, that of the ID, and what comes of it is a bare origin that
// is not ours, or a refusal in words of bounded length.
func FuzzDescriptor(f *testing.F) {
	const id = "aurora@old.example"
	link := func(href string) string { return `{"rel":"` + issuerRel + `","href":"` + href + `"}` }
	for _, links := range []string{
		link("https://old.example"), "", link("https://old.example/"), link("http://old.example"), link("https://u@old.example"), link("https://new.example"),
		link("https://[::1]:1"), link("https://old.example") + "," + link("https://other.example"), `{"rel":"self","href":7}`,
	} {
		f.Add(id, 200, "application/jrd+json", `{"subject":"acct:`+id+`","links":[`+links+`]}`)
	}
	f.Add("aurora@[::1]:4001", 404, "application/json; charset=utf-8", "")
	f.Add("a@new.example", 302, "text/html", `{"subject":"acct:b@old.example"}`)
	f.Fuzz(func(t *testing.T, id string, status int, kind, body string) {
		pod := &canned{status: status, kind: kind, body: body}
		p := New(Options{Origin: "https://new.example", HTTP: &http.Client{Transport: pod}})
		issuer, err := p.issuer(t.Context(), id)
		if r := pod.asked; r != nil {
			_, host, _ := strings.Cut(id, "@")
			if r.URL.Scheme != "https" || r.URL.Host != host || r.URL.User != nil || r.URL.Path != "/.well-known/webfinger" || r.URL.Query().Get("resource") != "acct:"+id {
				t.Fatalf("%q asks %s", id, r.URL)
			}
		}
		if err != nil {
			if e, ok := errors.AsType[*transfer.Error](err); !ok || e.Message == "" || len(e.Message) > 2<<10 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var d descriptor
		u, err := url.Parse(issuer)
		if err != nil || u.Scheme != "https" || issuer != "https://"+u.Host || u.Hostname() == "" || issuer == p.Origin || len(body) > maxDocument ||
			json.Unmarshal([]byte(body), &d) != nil || d.Subject != "acct:"+id {
			t.Errorf("took %q from %q", issuer, body)
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
