package relying_test

import (
	"net/url"
	"testing"

	"podmove/oauth/relying"
	"podmove/transfer"
)

func TestHint(t *testing.T) {
	p := newPod(t)
	o := p.options()
	o.Development, o.Origin = false, "https://new.example"
	party := relying.New(o)
	const good = "iss=https://old.example&login_hint=aurora@old.example"
	t.Run("reads issuer and ID", func(t *testing.T) {
		for _, query := range []string{good, good + "&target_link_uri=https://new.example/move?x=y", "iss=https://old.example&login_hint=acct:Aurora@old.example"} {
			q, err := url.ParseQuery(query)
			must(t, err)
			if h, err := party.Hint(q); err != nil || h.Issuer != "https://old.example" || h.ID != "aurora@old.example" {
				t.Errorf("%s: %+v, %v", query, h, err)
			}
		}
	})
	t.Run("takes a form without hints", func(t *testing.T) {
		if h, err := party.Hint(nil); err != nil || h != (relying.Hint{}) {
			t.Errorf("got %+v, %v", h, err)
		}
	})
	for name, query := range map[string]string{
		"a target at another server":            good + "&target_link_uri=https://evil.example/",
		"a target that only begins like ours":   good + "&target_link_uri=https://new.example.evil.example/",
		"a target behind a user name":           good + "&target_link_uri=https://new.example@evil.example/",
		"a target that is a script":             good + "&target_link_uri=javascript:alert(1)",
		"a target without a scheme":             good + "&target_link_uri=//evil.example/",
		"two issuers":                           good + "&iss=https://evil.example",
		"two IDs":                               good + "&login_hint=other@old.example",
		"an issuer with a path":                 "iss=https://old.example/op",
		"an issuer that is http":                "iss=http://old.example",
		"an issuer in the local network's name": "iss=https://intranet",
		"an ID that is none":                    "iss=https://old.example&login_hint=<b>",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			q, err := url.ParseQuery(query)
			must(t, err)
			_, err = party.Hint(q)
			wants(t, err, transfer.RequestInvalid, "not a good one")
		})
	}
	t.Run("asks nobody", func(t *testing.T) {
		if len(p.asked) != 0 {
			t.Errorf("asked %v", p.asked)
		}
	})
}
