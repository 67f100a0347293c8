package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"

	"podmove/internal/keys"
	"podmove/oauth"
	"podmove/oauth/dpop"
)

// How long things last.
const (
	pushedLife      = 90 * time.Second // RFC 9126 §2.2: short; it covers one redirect
	interactionLife = 10 * time.Minute
	codeLife        = time.Minute // RFC 6749 §4.1.2 allows ten
	accessLife      = 30 * time.Minute
	idTokenLife     = 10 * time.Minute
	refreshIdle     = 30 * 24 * time.Hour  // since the last refresh
	refreshLife     = 180 * 24 * time.Hour // since the consent
	// Rows are kept for a while after they expire, so that a code or token
	// that comes again is known for what it is.
	sweepAfter = 24 * time.Hour
	slack      = 30 * time.Second // for a replica whose clock is behind
)

// ResourcePath follows the issuer in the one resource of a pod (Protocol §1.2).
const ResourcePath = "/transfer/v1"

// An Account is what the provider must know of a person.
type Account struct {
	GUID     string // the OIDC subject
	ID       string // aurora@old.example
	Username string
	Admin    bool
	Moved    bool   // away from here
	MovedTo  string // the new diaspora* ID; empty if it left none
}

// Options are what a Provider works with. All are needed but Log, Now
// and From.
type Options struct {
	Issuer      string // the pod's public URL, without a trailing slash
	Development bool   // loopback http clients are taken (Protocol §1.1)
	NonceSecret []byte // 32 bytes, from which the nonces for proofs are made
	RequireDPoP bool   // of every client, and not of pods that take accounts over alone
	// Secrets of 32 bytes: codes and tokens are made with the first, and
	// verify with each.
	Secrets func(context.Context) ([][]byte, error)
	// Key is the ES256 key that signs ID tokens now; SigningKeys and
	// ClientKeys are the JWK sets of /oauth/jwks.json and of the pod's own
	// client metadata document.
	Key         func(context.Context) (keys.Key, error)
	SigningKeys func(context.Context) ([]byte, error)
	ClientKeys  func(context.Context) ([]byte, error)
	// Follow answers what a client publishes as its keys, and follows them;
	// nil follows none (Protocol §1.5).
	Follow func(ctx context.Context, client string) (jwks []byte, err error)
	Store  Store
	HTTP   *http.Client // for clients' metadata documents: strangers' hosts
	// Registration opens the door for clients without a document (RFC 7591).
	Registration bool
	// From is the address that a request came from; nil is its peer's.
	From func(*http.Request) netip.Addr
	// Account finds an account by its person GUID.
	Account func(ctx context.Context, guid string) (Account, error)
	// Retriable says why a client may not have what is asked for once more of an
	// account, or nil (Protocol §5.5).
	Retriable func(ctx context.Context, guid, client string, d oauth.Details) error
	// Returned hears of a grant that its client gives back, before it is revoked;
	// nil hears nothing.
	Returned func(ctx context.Context, g oauth.Grant) error
	Log      *slog.Logger
	Now      func() time.Time
}

// A Provider grants clients access to accounts. It is safe for concurrent use.
type Provider struct {
	Options
	resource  string
	documents *documents
	proofs    *dpop.Checker // at the token endpoint
	uses      *dpop.Checker // where tokens are used
	registry  registry
	strategy  oauth2.CoreStrategy
	storage   storage
	fosite    fosite.OAuth2Provider
}

var _ oauth.Introspector = (*Provider)(nil)

// New makes a provider.
func New(o Options) (*Provider, error) {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil || u.Host == "" || o.Issuer != u.Scheme+"://"+u.Host:
		return nil, fmt.Errorf("provider: the issuer %q is no bare origin", o.Issuer)
	case len(o.NonceSecret) != 32:
		return nil, errors.New("provider: the secret of nonces is not 32 bytes long")
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.From == nil {
		o.From = peer
	}
	p := &Provider{Options: o, resource: o.Issuer + ResourcePath, documents: newDocuments(o), registry: newRegistry(o.Now)}
	p.storage = storage{store: o.Store, now: p.clock}
	p.proofs, p.uses = p.checker("token"), p.checker("resource")
	p.compose()
	return p, nil
}

// clock is now as rows keep it: in UTC, to the millisecond.
func (p *Provider) clock() time.Time { return p.Now().UTC().Truncate(time.Millisecond) }

// Handler serves /oauth/* and /.well-known/* but for what people see:
// /oauth/authorize and /oauth/interactions/ are pages around [Provider.Begin],
// [Provider.Interaction] and [Provider.Decide].
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/par", p.push)
	mux.HandleFunc("POST /oauth/token", p.token)
	mux.HandleFunc("POST /oauth/revoke", p.revoke)
	mux.HandleFunc("POST /oauth/introspect", p.introspect)
	mux.HandleFunc("POST "+RegisterPath, p.register)
	mux.HandleFunc("GET "+RegisterPath+"/{id}", p.showClient)
	mux.HandleFunc("DELETE "+RegisterPath+"/{id}", p.dropClient)
	mux.HandleFunc("GET /oauth/userinfo", p.userinfo)
	mux.HandleFunc("POST /oauth/userinfo", p.userinfo)
	mux.HandleFunc("GET /oauth/jwks.json", p.published(p.SigningKeys))
	mux.HandleFunc("GET /oauth/client.json", p.clientDocument)
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	// RFC 8414 §3: the same document.
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", p.discovery)
	mux.HandleFunc("GET /.well-known/oauth-protected-resource"+ResourcePath, p.resourceDocument)
	return mux
}

// Revoke revokes a grant with all its tokens.
func (p *Provider) Revoke(ctx context.Context, grant string) error {
	return p.Store.RevokeGrant(ctx, grant, p.clock())
}

// Sweep deletes what expired a day ago, and the registered clients that nobody
// has use for.
func (p *Provider) Sweep(ctx context.Context) error {
	now := p.clock()
	if err := p.Store.SweepClients(ctx, now, now.Add(-unusedLife), now.Add(-idleLife)); err != nil {
		return err
	}
	return p.Store.SweepOAuth(ctx, p.clock().Add(-sweepAfter))
}

// SweepUsed forgets the proofs and assertions that have expired, and so are
// refused for that. There is one for each request of a move.
func (p *Provider) SweepUsed(ctx context.Context) error {
	return p.Store.SweepUsed(ctx, p.clock().Add(-slack))
}
