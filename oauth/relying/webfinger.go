package relying

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"podmove/internal/outbound"
	"podmove/transfer"
)

// issuerRel marks the link to an account's issuer (OpenID Connect Discovery §2).
const issuerRel = "http://openid.net/specs/connect/1.0/issuer"

// maxDocument bounds each document that a stranger publishes, in bytes.
const maxDocument = 64 << 10

// descriptor is what is read of a JRD (RFC 7033 §4.4).
type descriptor struct {
	Subject string `json:"subject"`
	Links   []struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	} `json:"links"`
}

// issuer resolves an ID to the pod that speaks for it (Protocol §1.2). It is
// asked anew each time: the second time is what proves whose account was
// granted (Protocol §2.7).
func (p *Party) issuer(ctx context.Context, id string) (string, error) {
	name, host, _ := strings.Cut(id, "@")
	own := hostOf(p.Origin)
	switch {
	case !transfer.ValidID(id):
		return "", transfer.Errorf(transfer.RequestInvalid, "%.80q is not an ID: it looks like name@old.example", id)
	case host == own:
		return "", transfer.Errorf(transfer.SamePod, "%s is an account of this pod: a move leads from another pod to this one", id)
	}
	var d descriptor
	err := outbound.JSON(ctx, p.HTTP, p.webFinger(id, host), maxDocument, &d)
	if status, ok := errors.AsType[*outbound.StatusError](err); ok && unknown(status.Code) {
		return "", transfer.Errorf(transfer.NotFound, "%s does not know of %s. Check the spelling", host, name).Because(err)
	}
	if err != nil {
		return "", trouble(ctx, host, err)
	}
	issuer, err := d.issuer(id)
	if err != nil {
		return "", err
	}
	if issuer == p.Origin {
		return "", transfer.Errorf(transfer.SamePod, "%s leads to this pod itself", id)
	}
	return issuer, p.checkIssuer(host, issuer)
}

// webFinger is the address of RFC 7033 §4. A pod in development has only http
// peers.
func (p *Party) webFinger(id, host string) string {
	u := url.URL{Scheme: "https", Host: host, Path: "/.well-known/webfinger"}
	if p.Development {
		u.Scheme = "http"
	}
	u.RawQuery = url.Values{"resource": {"acct:" + id}, "rel": {issuerRel}}.Encode()
	return u.String()
}

// unknown: RFC 7033 §4.2 has 404 for an account that is not there; some servers
// say that a name they do not know is no good request, or gone.
func unknown(status int) bool {
	return status == http.StatusNotFound || status == http.StatusGone || status == http.StatusBadRequest
}

// issuer reads the one link to an issuer, of this account and no other.
func (d descriptor) issuer(id string) (string, error) {
	_, host, _ := strings.Cut(id, "@")
	if d.Subject != "acct:"+id {
		return "", transfer.Errorf(transfer.IdentityDiffers,
			"%s was asked for %s and answers for %.200q. Nothing was changed", host, id, strings.TrimPrefix(d.Subject, "acct:"))
	}
	var found []string
	for _, link := range d.Links {
		if link.Rel == issuerRel {
			found = append(found, link.Href)
		}
	}
	switch len(found) {
	case 0: // most servers of the Fediverse have WebFinger and no more
		return "", transfer.Errorf(transfer.AnswerInvalid,
			"%s knows of %s, but offers no way to move accounts. Ask its podmin whether it can", host, id)
	case 1:
		return found[0], nil
	default:
		return "", broken(host, "webfinger: %d links to an issuer", len(found))
	}
}

// checkIssuer: an issuer is a pod's public URL (Protocol §1.1): scheme and
// host and nothing else.
func (p *Party) checkIssuer(host, issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || len(issuer) > transfer.MaxAddress || issuer != transfer.OriginOf(issuer) {
		return broken(host, "webfinger: the issuer %.200q is no bare origin", issuer)
	}
	if err := outbound.Allowed(u, p.Development); err != nil {
		return broken(host, "webfinger: %w", err)
	}
	return nil
}
