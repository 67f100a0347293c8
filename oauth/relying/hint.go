package relying

import (
	"net/url"
	"strings"

	"podmove/transfer"
)

// A Hint is what a link from elsewhere proposes: it fills in a form, and does
// nothing else (Protocol §2.6).
type Hint struct {
	Issuer string // the pod that the link claims to be from; empty if it names none
	ID     string // the old ID; empty if it names none
}

// Hint reads the parameters of initiate_login_uri (OpenID Connect Core §4), or
// refuses them with RequestInvalid. Nothing is fetched: whether the issuer is
// that of the ID is found out when the person has pressed the button.
func (p *Party) Hint(query url.Values) (Hint, error) {
	for _, name := range []string{"iss", "login_hint", "target_link_uri"} {
		if len(query[name]) > 1 {
			return Hint{}, badLink("it names %s twice", name)
		}
	}
	hint := Hint{Issuer: query.Get("iss"), ID: strings.ToLower(strings.TrimPrefix(query.Get("login_hint"), "acct:"))}
	target, _, _ := strings.Cut(query.Get("target_link_uri"), "?")
	switch {
	case hint.Issuer != "" && p.checkIssuer("", hint.Issuer) != nil:
		return Hint{}, badLink("it does not name a pod")
	case hint.ID != "" && !transfer.ValidID(hint.ID):
		return Hint{}, badLink("it does not name an ID")
	case target != "" && transfer.CheckAddress(target, p.Origin) != nil:
		return Hint{}, badLink("it leads on to another server")
	}
	return hint, nil
}

func badLink(format string, args ...any) error {
	return transfer.Errorf(transfer.RequestInvalid, "the link that led here is not a good one: "+format+". Nothing was started. Type your old ID instead", args...)
}
