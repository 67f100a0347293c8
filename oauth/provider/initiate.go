package provider

import (
	"context"
	"net/url"
	"strings"

	"podmove/internal/outbound"
	"podmove/transfer"
)

// maxMetadata bounds another pod's metadata, in bytes.
const maxMetadata = 64 << 10

// Initiate is the address at another pod on which a move into it begins, for an
// account of this pod (OpenID Connect Core §4). It only fills in a form there
// (Protocol §2.6). Pod is what a person typed: new.example, or a whole address.
func (p *Provider) Initiate(ctx context.Context, pod, account string) (string, error) {
	origin, err := p.podOrigin(pod)
	if err != nil {
		return "", err
	}
	var metadata struct {
		Issuer   string `json:"issuer"`
		ClientID string `json:"podmove_client_id"`
	}
	if err := outbound.JSON(ctx, p.HTTP, origin.String()+"/.well-known/openid-configuration", maxMetadata, &metadata); err != nil {
		return "", noPod(origin, "it does not answer as one").Because(err)
	}
	if metadata.Issuer != origin.String() || !sameOrigin(metadata.ClientID, origin) {
		return "", noPod(origin, "it does not say that it takes accounts over")
	}
	var d struct {
		Initiate string `json:"initiate_login_uri"`
	}
	if err := outbound.JSON(ctx, p.HTTP, metadata.ClientID, maxDocument, &d); err != nil {
		return "", noPod(origin, "it does not answer as one").Because(err)
	}
	if !sameOrigin(d.Initiate, origin) || strings.Contains(d.Initiate, "?") {
		return "", noPod(origin, "it does not say where a move begins")
	}
	return d.Initiate + "?" + url.Values{"iss": {p.Issuer}, "login_hint": {account}}.Encode(), nil
}

// podOrigin reads what a person typed.
func (p *Provider) podOrigin(typed string) (*url.URL, error) {
	typed = strings.TrimSuffix(strings.TrimSpace(typed), "/")
	if _, host, isID := strings.Cut(typed, "@"); isID {
		typed = host // an ID names its pod
	}
	if !strings.Contains(typed, "://") {
		scheme, _, _ := strings.Cut(p.Issuer, "://")
		typed = scheme + "://" + typed
	}
	u, err := url.Parse(strings.ToLower(typed))
	switch {
	case err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, transfer.Errorf(transfer.RequestInvalid, "this is not the address of a pod: it looks like new.example")
	case u.String() == p.Issuer:
		return nil, transfer.Errorf(transfer.SamePod, "this is the pod that you are on: a move leads to another one")
	case outbound.Allowed(u, p.Development) != nil:
		return nil, transfer.Errorf(transfer.RequestInvalid, "this pod does not speak with that address")
	}
	return u, nil
}

func noPod(origin *url.URL, why string) *transfer.Error {
	return transfer.Errorf(transfer.PodUnreachable, "%.200s is no pod to move to: %s. Look at the spelling; nothing was changed", origin.Host, why)
}
