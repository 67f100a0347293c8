package main

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/limit"
	"podmove/internal/pins"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/oauth"
	"podmove/oauth/provider"
	"podmove/oauth/relying"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/client"
	"podmove/transfer/destination"
	"podmove/transfer/source"
	"podmove/web"
)

// rooms are the two vocabularies at work: the side that grants and gives, the
// side that asks and takes, and what is left behind.
type rooms struct {
	gate      *pod.Gate
	steps     *pod.TwoStep
	author    *pod.Author
	provider  *provider.Provider
	source    *source.Service
	relying   *relying.Party
	mover     *destination.Mover
	keeper    *destination.Keeper
	redirects *redirects.Service
	pins      *pins.Service
}

func (g *ground) rooms() (rooms, error) {
	var r rooms
	r.steps = g.openTwoStep()
	r.gate = &pod.Gate{
		Registry: &pod.Registry{Accounts: g.store, Passwords: pod.NewPasswords(), Now: g.now},
		Tries:    g.store, Steps: r.steps, Secret: g.master.Derive("gate"), SignUps: g.config.LimitSignUp,
	}
	r.author = &pod.Author{
		Shelves: g.store, Library: g.store, Blobs: g.blobs, MaxPhoto: int64(g.config.MaxPhoto), Host: g.config.Host(), Now: g.now,
		Slots: make(chan struct{}, 2),
	}
	r.pins = g.openPins(&r)
	var err error
	if r.provider, err = g.openProvider(&r); err != nil {
		return r, err
	}
	r.relying = g.openRelying()
	r.redirects = g.openRedirects(&r)
	r.source = g.openSource(r)
	r.mover = g.openMover(r)
	r.keeper = g.openKeeper(r)
	return r, nil
}

func (g *ground) openTwoStep() *pod.TwoStep {
	return &pod.TwoStep{
		Rows: g.store, Host: g.config.Host(), Seal: g.box.Seal, Open: g.box.Open, InTx: g.store.InTx, Event: g.event, Now: g.now,
	}
}

func (g *ground) openProvider(r *rooms) (*provider.Provider, error) {
	return provider.New(provider.Options{
		Issuer:      g.origin,
		Development: g.config.Development(),
		NonceSecret: g.master.Derive("proof nonces"),
		RequireDPoP: g.config.DPoP == "all",
		Secrets:     func(context.Context) ([][]byte, error) { return g.tokens.secrets(), nil },
		Key:         func(context.Context) (keys.Key, error) { return g.signing.current().key, nil },
		SigningKeys: func(context.Context) ([]byte, error) { return g.signing.jwks() },
		ClientKeys:  func(context.Context) ([]byte, error) { return g.client.jwks() },
		Follow:      r.pins.Follow,
		Store:       g.store,
		HTTP:        g.web,
		Account:     g.grantable,
		Retriable: func(ctx context.Context, guid, client string, d oauth.Details) error {
			return r.source.Retriable(ctx, guid, client, d)
		},
		Returned: func(ctx context.Context, g oauth.Grant) error { return r.source.Returned(ctx, g) },
		Log:      g.log,
		Now:      g.now,

		Registration: g.config.ClientRegistration == "open",
		From:         func(r *http.Request) netip.Addr { return limit.Proxies(g.config.Proxies()).From(r) },
	})
}

func (g *ground) openRelying() *relying.Party {
	return relying.New(relying.Options{
		Origin:      g.origin,
		ClientID:    g.origin + "/oauth/client.json",
		Callback:    g.origin + "/oauth/callback",
		Development: g.config.Development(),
		HTTP:        g.web,
		Sign:        g.client.sign,
		Key:         g.dpop.named,
		Now:         g.now,
		Log:         g.log,
	})
}

// grantable is what the provider must know of a person.
func (g *ground) grantable(ctx context.Context, guid string) (provider.Account, error) {
	a, err := g.store.AccountWithGUID(ctx, guid)
	if err != nil {
		return provider.Account{}, err
	}
	return provider.Account{GUID: a.GUID, ID: g.id(a), Username: a.Username, Admin: a.Admin, Moved: a.State == pod.Moved, MovedTo: a.MovedTo}, nil
}

// id is an account's diaspora* ID.
func (g *ground) id(a pod.Account) string { return a.Username + "@" + g.config.Host() }

func (g *ground) openSource(r rooms) *source.Service {
	return source.New(source.Options{
		Origin:    g.origin,
		Records:   g.store,
		Transfers: g.store,
		Blobs:     g.blobs,
		Sign:      g.signing.sign,
		Verify:    r.pins.Verify,
		Peek:      keys.Peek,
		Raise:     func(ctx context.Context, t source.Transfer) error { return r.redirects.Raise(ctx, t.ID) },
		Revoke:    r.provider.Revoke,
		Known:     g.known,
		Event:     g.event,
		Address:   g.origin + web.DeparturePath,
		CursorKey: g.master.Derive("cursors"),
		Grace:     g.config.Grace.Std(),
		Idle:      g.config.MoveExpiry.Std(),
		PageItems: g.config.PageItems,
		PageBytes: int(g.config.PageBytes),
		Now:       g.now,
	})
}

func (g *ground) openMover(r rooms) *destination.Mover {
	return destination.New(destination.Options{
		Moves:    g.store,
		Arrivals: g.store,
		Writer:   g.writer,
		Connect:  g.connector(r),
		Login:    login{r.relying},
		Look:     r.relying.Look,
		Place:    g.place,
		Sign:     g.client.sign,
		Seal:     g.box.Seal,
		Open:     g.box.Open,
		MayCome:  r.redirects.MayCome,
		Home:     r.redirects.Home,
		Away:     r.redirects.Away,
		Event:    g.event,
		Room:     g.room(r),
		Enqueue:  g.store.Enqueue,
		Origin:   g.origin,
		Expiry:   g.config.MoveExpiry.Std(),
		Poll:     min(30*time.Second, g.config.Grace.Std()/4),
		Bounds:   destination.Bounds{PhotoBytes: int64(g.config.MaxPhoto)},
		Now:      g.now,
		Log:      g.log,
	})
}

// openKeeper is the destination after the move.
func (g *ground) openKeeper(r rooms) *destination.Keeper {
	return destination.NewKeeper(r.mover, destination.KeeperOptions{
		Custody:  g.store,
		OpenBlob: g.blobs.Open,
		Ask:      r.redirects.Relay,
		Verify:   r.pins.Verify,
		Peek:     keys.Peek,
		Send:     g.send,
	})
}

func (g *ground) openRedirects(r *rooms) *redirects.Service {
	return redirects.New(redirects.Options{
		Origin:      g.origin,
		Book:        g.store,
		Blobs:       g.blobs,
		Sign:        g.signing.sign,
		Verify:      r.pins.Verify,
		Peek:        keys.Peek,
		Send:        g.send,
		Revoke:      r.provider.Revoke,
		Earlier:     func(ctx context.Context, account int64, id string) error { return r.keeper.Onward(ctx, account, id) },
		ID:          g.accountID,
		Issuer:      g.issuerOf(r.relying),
		Fetch:       g.profile,
		Event:       g.event,
		Enqueue:     g.store.Enqueue,
		Notice:      g.config.Notice.Std(),
		HoldingsAge: g.config.HoldingsAge.Std(),
		Forward:     g.config.AfterErase == "forward",
		Now:         g.now,
		Log:         g.log,
	})
}

// send posts a signed message to another pod.
func (g *ground) send(ctx context.Context, address, message string) (string, error) {
	return client.Send(ctx, g.web, address, message)
}

// writer fills a move's account with what its source gives.
func (g *ground) writer(m destination.Move) transfer.Writer {
	return g.store.Writer(store.Run{
		ID: m.ID, Account: m.Account, Issuer: m.Issuer, SourceAccount: m.Subject, Profile: m.Profile, Claim: m.Claim,
		URLs: store.URLs{Post: g.origin + "/posts/", Photo: g.origin + "/uploads/images/"},
	}, blob.Store(g.blobs))
}

// place is where an account of this pod is to be found.
func (g *ground) place(ctx context.Context, account int64) (destination.Place, error) {
	a, err := g.store.Account(ctx, account)
	return destination.Place{
		ID:      g.id(a),
		Profile: g.origin + "/people/" + a.GUID,
		Templates: transfer.Templates{
			Post:  g.origin + "/posts/{guid}",
			Photo: g.origin + "/uploads/images/{variant}{name}",
			Feed:  g.origin + "/public/" + a.Username + ".atom",
		},
	}, err
}

// connector reaches a move's source with the tokens that its person granted.
func (g *ground) connector(r rooms) func(context.Context, destination.Move, destination.Tokens) (destination.Source, error) {
	return func(_ context.Context, m destination.Move, t destination.Tokens) (destination.Source, error) {
		return client.New(client.Options{
			HTTP:     r.relying.Client(g.photos, t),
			Base:     m.Issuer + provider.ResourcePath,
			Issuer:   m.Issuer,
			Audience: g.origin,
			Transfer: m.Transfer,
			Nonce:    m.Nonce,
			Verify: func(ctx context.Context, jws, typ string, claims any) error {
				return r.pins.Verify(ctx, m.Pin(), jws, typ, claims)
			},
		})
	}
}
