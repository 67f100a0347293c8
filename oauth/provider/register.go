package provider

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// RegisterPath is where clients register; what follows it is a client's own.
const RegisterPath = "/oauth/register"

// How often clients may register, from one address and from all of them.
const (
	registerBurst    = 30
	registerEvery    = time.Minute
	registerAllBurst = 200
	registerAllEvery = 30 * time.Second
)

// How long a registered client is kept that nobody has use for.
const (
	unusedLife = 24 * time.Hour      // it never had a grant
	idleLife   = 90 * 24 * time.Hour // it has none that is good for anything
)

// A registry is the door for clients without a document.
type registry struct {
	each, all *limiter
}

func newRegistry(now func() time.Time) registry {
	return registry{
		each: newLimiter(registerBurst, registerEvery, now),
		all:  newLimiter(registerAllBurst, registerAllEvery, now),
	}
}

// admit bounds how often anyone comes. IPv6 hands each household 2^64 addresses,
// which count as one.
func (r registry) admit(from netip.Addr) error {
	if p, err := from.Prefix(64); err == nil && from.Is6() {
		from = p.Addr()
	}
	wait := r.each.take(from.String())
	if wait == 0 {
		wait = r.all.take("")
	}
	if wait > 0 {
		return tooOften(wait, "Too many clients were registered.")
	}
	return nil
}

// A registrationAnswer is RFC 7591 §3.2.1 and RFC 7592 §3.
type registrationAnswer struct {
	ID            string `json:"client_id"`
	IssuedAt      int64  `json:"client_id_issued_at"`
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires *int64 `json:"client_secret_expires_at,omitempty"` // 0: never
	Token         string `json:"registration_access_token"`
	Address       string `json:"registration_client_uri"`
	registration
}

// register is RFC 7591 §3. What the client says of itself is believed as little
// afterwards as before: it gets a name here, and nothing that proves anything.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) {
	answer, err := p.registered(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.Log.InfoContext(r.Context(), "registered a client", "client", answer.ID, "from", p.From(r))
	write(w, http.StatusCreated, answer)
}

func (p *Provider) registered(w http.ResponseWriter, r *http.Request) (registrationAnswer, error) {
	none := registrationAnswer{}
	if !p.Registration { // who registered while it was on can still see and end that
		return none, errClosed
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return none, refuse(errMetadata, "The body must be application/json.")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		return none, refuse(errMetadata, "The body cannot be read, or is larger than 16 KB.")
	}
	m, err := readRegistration(raw, p.Development)
	if err != nil {
		return none, err
	}
	// What is refused leaves nothing here, and is not counted.
	if err := p.registry.admit(p.From(r)); err != nil {
		return none, err
	}
	return p.addClient(r.Context(), m)
}

// addClient keeps a client. Of its secrets only the hashes stay here.
func (p *Provider) addClient(ctx context.Context, m registration) (registrationAnswer, error) {
	kept, err := json.Marshal(m)
	if err != nil {
		return registrationAnswer{}, err
	}
	token, now := newSecret(), p.clock()
	c := Registered{ID: clientPrefix + rand.Text(), Token: hash(token), Metadata: kept, CreatedAt: now}
	answer := p.registrationOf(c, m, token)
	if m.hasSecret() {
		answer.Secret = newSecret()
		c.Secret = hash(answer.Secret)
	}
	return answer, p.Store.AddClient(ctx, c)
}

func (p *Provider) registrationOf(c Registered, m registration, token string) registrationAnswer {
	answer := registrationAnswer{
		ID: c.ID, IssuedAt: c.CreatedAt.Unix(), Token: token, Address: p.Issuer + RegisterPath + "/" + c.ID, registration: m,
	}
	if m.hasSecret() {
		answer.SecretExpires = new(int64)
	}
	return answer
}

// newSecret has 256 bits, so that a plain hash of it is enough to keep.
func newSecret() string {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// fits compares a secret with what is kept of it.
func fits(secret, kept string) bool {
	return kept != "" && subtle.ConstantTimeCompare([]byte(hash(secret)), []byte(kept)) == 1
}

// showClient tells a client what was registered (RFC 7592 §2.1). Its secret is
// not among it: nobody here knows it any more.
func (p *Provider) showClient(w http.ResponseWriter, r *http.Request) {
	c, token, ok := p.manages(w, r)
	if !ok {
		return
	}
	var m registration
	if err := json.Unmarshal(c.Metadata, &m); err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, p.registrationOf(c, m, token))
}

// dropClient ends a client, and with it all that people granted it (RFC 7592
// §2.3).
func (p *Provider) dropClient(w http.ResponseWriter, r *http.Request) {
	c, _, ok := p.manages(w, r)
	if !ok {
		return
	}
	if err := p.Store.InTx(r.Context(), func(ctx context.Context) error { return p.endClient(ctx, c.ID) }); err != nil {
		p.fail(w, r, err)
		return
	}
	p.Log.InfoContext(r.Context(), "a client unregistered itself", "client", c.ID)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// endClient deletes the client first: from then on nothing is granted to it.
func (p *Provider) endClient(ctx context.Context, id string) error {
	if _, err := p.Store.DropClient(ctx, id); err != nil {
		return err
	}
	grants, err := p.Store.GrantsTo(ctx, id)
	if err != nil {
		return err
	}
	for _, grant := range grants {
		if err := p.Revoke(ctx, grant); err != nil {
			return err
		}
	}
	return nil
}

// manages finds the client whose registration access token the request brings.
// RFC 7592 §2.1: one that is not there is answered like a token that is wrong.
func (p *Provider) manages(w http.ResponseWriter, r *http.Request) (Registered, string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	c, found, err := p.registration(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		p.fail(w, r, err)
	case !strings.EqualFold(scheme, "Bearer") || !found || !fits(token, c.Token):
		challenge(w, "Bearer", http.StatusUnauthorized, "invalid_token")
	default:
		return c, token, true
	}
	return Registered{}, "", false
}

// peer is where a request came from, if nobody says otherwise.
func peer(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap()
}
