package relying

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"podmove/internal/keys"
	"podmove/oauth/dpop"
)

// Options are what a Party works with. All are needed unless said otherwise.
type Options struct {
	Origin      string // this pod's public URL, without a slash at the end
	ClientID    string // the URL of this pod's client metadata document (Protocol §1.3)
	Callback    string // the redirect URI that stands in it
	Development bool   // loopback http pods are taken, and no others (Protocol §1.1)
	// HTTP speaks with strangers: see internal/outbound.
	HTTP *http.Client
	// Sign makes a JWS of the kind typ with this pod's key as a client.
	Sign func(typ string, claims any) (string, error)
	// Key is a key for proofs (RFC 9449): the one of that name, or the newest
	// for an empty name. Tokens are bound to one as long as they live.
	Key func(ctx context.Context, id string) (keys.Key, error)

	Patience time.Duration    // for all requests of one call together; zero is 20 seconds
	Again    time.Duration    // before a refused refresh token is tried once more; zero is 6 seconds
	Now      func() time.Time // the clock; nil is time.Now
	Log      *slog.Logger     // nil is silence
}

// A Party is this pod as a relying party of other pods. It is safe for
// concurrent use.
type Party struct {
	Options
	prover *dpop.Prover
	mu     sync.Mutex
	known  map[string]memory // by issuer
}

// New makes a Party.
func New(o Options) *Party {
	if o.Patience == 0 {
		o.Patience = 20 * time.Second
	}
	if o.Again == 0 {
		o.Again = 6 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.HTTP = direct(o.HTTP)
	return &Party{Options: o, prover: &dpop.Prover{Now: o.Now}, known: map[string]memory{}}
}

// direct is a client that follows no redirect: what is asked for is at the
// address that was checked, or nowhere.
func direct(c *http.Client) *http.Client {
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// within bounds a call that a person waits for.
func (p *Party) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, p.Patience)
}

// detached bounds a call that must not be broken off half-way.
func (p *Party) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return p.within(context.WithoutCancel(ctx))
}
