package provider

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/transfer"
)

// requestURIPrefix: RFC 9126 §2.2.
const requestURIPrefix = "urn:ietf:params:oauth:request_uri:"

// challengeShape is a SHA-256 in base64url (RFC 7636 §4.2).
var challengeShape = regexp.MustCompile(`^[0-9A-Za-z_-]{43}$`)

// push takes a pushed authorization request (RFC 9126), the only way in: the
// client is known and the request checked before a person sees anything.
func (p *Provider) push(w http.ResponseWriter, r *http.Request) {
	answer, err := p.pushed(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	write(w, http.StatusCreated, answer)
}

func (p *Provider) pushed(w http.ResponseWriter, r *http.Request) (any, error) {
	form, err := readForm(w, r, pushParameters)
	if err != nil {
		return nil, err
	}
	if err := formWrong(form); err != nil {
		return nil, err
	}
	key, err := p.proof(w, r)
	if err != nil {
		return nil, err
	}
	p.fillIn(form)
	c, err := p.client(r.Context(), clientID(form), keyOf(form.Get("client_assertion")))
	if err != nil {
		return nil, err
	}
	ctx := context.WithValue(r.Context(), clientKey{}, c)
	request, err := p.fosite.NewPushedAuthorizeRequest(ctx, asRequest(r, form).WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err := p.requestWrong(c, request); err != nil {
		return nil, err
	}
	if err := p.bind(request, key); err != nil {
		return nil, err
	}
	return p.keepPushed(ctx, request)
}

// keepPushed stores the request without the client's assertion.
func (p *Provider) keepPushed(ctx context.Context, request fosite.AuthorizeRequester) (any, error) {
	uri := requestURIPrefix + rand.Text()
	request.SetSession(newSession())
	row, err := p.storage.newRow(KindPushed, uri, pushedLife, request.Sanitize(keptParameters))
	if err != nil {
		return nil, err
	}
	if err := p.Store.AddOAuthRows(ctx, row); err != nil {
		return nil, err
	}
	return map[string]any{"request_uri": uri, "expires_in": int(pushedLife / time.Second)}, nil
}

// formWrong refuses what fosite must not see. It would read request objects,
// unsigned ones too, and fetch request_uri.
func formWrong(form url.Values) error {
	switch {
	case form.Get("request") != "":
		return fosite.ErrRequestNotSupported
	case form.Get("request_uri") != "":
		return fosite.ErrRequestURINotSupported
	case clientID(form) == "":
		return refuse(fosite.ErrInvalidClient, "client_id is missing.")
	case form.Get("response_type") != "code":
		return refuse(fosite.ErrUnsupportedResponseType, "Only the response type code is supported.")
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return fosite.ErrUnsupportedResponseMode
	case slices.Contains(strings.Fields(form.Get("prompt")), "none"):
		// OpenID Connect Core §3.1.2.6: the person always signs in anew.
		return refuse(fosite.ErrLoginRequired, "Every consent takes a fresh sign-in.")
	case form.Get("code_challenge_method") != "S256" || !challengeShape.MatchString(form.Get("code_challenge")):
		return invalid("PKCE with S256 is required.")
	case len(form.Get("state")) < fosite.MinParameterEntropy:
		return invalid("The state is missing or too short.")
	case form.Get("nonce") != "" && len(form.Get("nonce")) < fosite.MinParameterEntropy:
		return invalid("The nonce is too short.")
	}
	form.Del("response_mode")
	form.Del("prompt")
	return nil
}

// fillIn is for programs that know OAuth and nothing of moves: what they read
// without a word is the one resource that there is (RFC 8707 §2), and a copy of
// all but limited posts. A move is asked for in full (Protocol §2.1, §2.2).
func (p *Provider) fillIn(form url.Values) {
	scopes := strings.Fields(form.Get("scope"))
	if !slices.Contains(scopes, oauth.ScopeRead) || slices.Contains(scopes, oauth.ScopeMove) {
		return
	}
	if form.Get("resource") == "" {
		form.Set("resource", p.resource)
	}
	if form.Get("authorization_details") == "" {
		form.Set("authorization_details", wholeCopy())
	}
}

// requestWrong holds a request of a known client to the rules that fosite does
// not know.
func (p *Provider) requestWrong(c *client, r fosite.AuthorizeRequester) error {
	form := r.GetRequestForm()
	switch {
	case form.Get("resource") != p.resource: // RFC 8707 §2
		return errTarget
	case !slices.Contains(c.Redirects, form.Get("redirect_uri")):
		// RFC 9700 §2.1: exactly. fosite lets loopback addresses vary their port.
		return invalid("The redirect_uri is not one of the client's.")
	}
	details, err := parseDetails(form.Get("authorization_details"))
	if err != nil {
		return refuse(errDetails, err.Error()+".")
	}
	return p.scopesWrong(c, r.GetRequestedScopes(), details)
}

// scopesWrong: Protocol §2.3: transfer:move is for a move, which only the pod
// that the account moves to may ask for.
func (p *Provider) scopesWrong(c *client, scopes fosite.Arguments, d oauth.Details) error {
	_, host, _ := strings.Cut(d.Destination, "@")
	_, own, _ := strings.Cut(p.Issuer, "://")
	move := d.Purpose == string(transfer.Move)
	switch {
	case move != scopes.Has(oauth.ScopeMove):
		return refuse(fosite.ErrInvalidScope, "The scope transfer:move and the purpose move belong together.")
	case !move && !scopes.Has(oauth.ScopeRead):
		return refuse(fosite.ErrInvalidScope, "A copy takes the scope transfer:read.")
	case move && host != c.host():
		return refuse(errDetails, "A move is asked for by the pod that the account moves to.")
	case move && host == own:
		return refuse(errDetails, "The account is on this pod already.")
	}
	return nil
}
