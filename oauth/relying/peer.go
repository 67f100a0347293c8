package relying

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"podmove/internal/outbound"
	"podmove/oauth"
	"podmove/transfer"
)

// resourcePath follows the issuer in the one resource of a pod (Protocol §1.2).
const resourcePath = "/transfer/v1"

// How long, and of how many pods, what they publish about themselves is kept.
const (
	keepPeers = 5 * time.Minute
	maxPeers  = 100
)

// A Peer is another pod, as it describes itself.
type Peer struct {
	Issuer   string
	Resource string // its transfer API
	at       metadata
	formats  []int // of items, that it gives; empty if it does not say
}

// A memory is a Peer that need not be asked for again until then.
type memory struct {
	peer  Peer
	until time.Time
}

// metadata is what is read of OpenID Connect Discovery §3 and RFC 8414 §2.
type metadata struct {
	Authorize   string   `json:"authorization_endpoint"`
	Push        string   `json:"pushed_authorization_request_endpoint"`
	Token       string   `json:"token_endpoint"`
	Revocation  string   `json:"revocation_endpoint"`
	KeySet      string   `json:"jwks_uri"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	Methods     []string `json:"token_endpoint_auth_methods_supported"`
	Details     []string `json:"authorization_details_types_supported"`
	Proofs      []string `json:"dpop_signing_alg_values_supported"` // RFC 9449 §5.1
	Scopes      []string `json:"scopes_supported"`
	NamesIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// Resolve finds the pod of an ID (Protocol §1.2). Its errors are for the person
// who typed the ID: NotFound, SamePod, PodUnreachable, AnswerInvalid,
// IdentityDiffers.
func (p *Party) Resolve(ctx context.Context, id string) (Peer, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	issuer, err := p.issuer(ctx, id)
	if err != nil {
		return Peer{}, err
	}
	return p.peer(ctx, issuer)
}

// peer reads what a pod publishes about itself, or remembers it.
func (p *Party) peer(ctx context.Context, issuer string) (Peer, error) {
	if peer, ok := p.remembered(issuer); ok {
		return peer, nil
	}
	peer, err := p.discover(ctx, issuer)
	if err != nil {
		return Peer{}, trouble(ctx, hostOf(issuer), err)
	}
	p.remember(peer)
	return peer, nil
}

func (p *Party) remembered(issuer string) (Peer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.known[issuer]
	return m.peer, ok && p.Now().Before(m.until)
}

func (p *Party) remember(peer Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPeers {
		clear(p.known) // it is only a memory
	}
	p.known[peer.Issuer] = memory{peer, p.Now().Add(keepPeers)}
}

// discover reads both documents. go-oidc compares the issuer byte for byte
// (OpenID Connect Discovery §4.3).
func (p *Party) discover(ctx context.Context, issuer string) (Peer, error) {
	peer := Peer{Issuer: issuer, Resource: issuer + resourcePath}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.whole()), issuer)
	if err == nil {
		err = provider.Claims(&peer.at)
	}
	if err != nil {
		return Peer{}, unread(err)
	}
	if err := peer.check(); err != nil {
		return Peer{}, err
	}
	err = p.checkResource(ctx, &peer)
	return peer, err
}

// unread tells the errors of go-oidc about what a document says from those of
// the request that was to bring it.
func unread(err error) error {
	if errors.Unwrap(err) == nil {
		return fmt.Errorf("%w: %w", outbound.ErrRubbish, err)
	}
	return err
}

// check: what this pod needs of another one (Protocol §2.1). Every endpoint is
// at the issuer's own origin, so that no code and no assertion goes elsewhere.
func (p Peer) check() error {
	host := hostOf(p.Issuer)
	endpoints := []string{p.at.Authorize, p.at.Push, p.at.Token, p.at.KeySet}
	if p.at.Revocation != "" {
		endpoints = append(endpoints, p.at.Revocation)
	}
	for _, endpoint := range endpoints {
		if err := transfer.CheckAddress(endpoint, p.Issuer); err != nil {
			return broken(host, "discovery: %w", err)
		}
	}
	for _, need := range []struct {
		list []string
		want string
	}{
		{p.at.Challenges, "S256"}, {p.at.Algorithms, "ES256"}, {p.at.Methods, "private_key_jwt"}, {p.at.Details, oauth.DetailsType}, {p.at.Proofs, "ES256"},
	} {
		if !slices.Contains(need.list, need.want) {
			return broken(host, "%w", lacking(need.want))
		}
	}
	if !p.at.NamesIssuer { // RFC 9207 §3
		return broken(host, "discovery: answers do not name their issuer")
	}
	return nil
}

// checkResource reads the metadata of the transfer API (RFC 9728 §3.3): it must
// name itself, and the issuer as who gives tokens for it, and a format of items
// that this pod reads, if it names some.
func (p *Party) checkResource(ctx context.Context, peer *Peer) error {
	var resource struct {
		Formats  []int    `json:"podmove_formats_supported"`
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
	}
	address := peer.Issuer + "/.well-known/oauth-protected-resource" + resourcePath
	if err := outbound.JSON(ctx, p.HTTP, address, maxDocument, &resource); err != nil {
		return err
	}
	if resource.Resource != peer.Resource || !slices.Contains(resource.Servers, peer.Issuer) {
		return broken(hostOf(peer.Issuer), "resource metadata: it is for %.200q", resource.Resource)
	}
	peer.formats = resource.Formats
	if len(peer.formats) > 0 && !slices.Contains(peer.formats, transfer.Format) {
		return foreignFormat(*peer)
	}
	return nil
}

// foreignFormat is the error for a pod of another version.
func foreignFormat(peer Peer) error {
	others := fmt.Sprint(peer.formats[:min(len(peer.formats), 8)])
	return transfer.Errorf(transfer.AnswerInvalid,
		"%s gives accounts in another format (%s) than this pod reads (%d). Nothing was changed. The podmin of the older pod can update it",
		hostOf(peer.Issuer), strings.Trim(others, "[]"), transfer.Format).Because(otherFormats(strings.Trim(others, "[]")))
}
