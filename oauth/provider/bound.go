package provider

import (
	"errors"
	"net/http"

	"github.com/ory/fosite"

	"podmove/oauth"
	"podmove/oauth/dpop"
)

// checker checks proofs of one role. Its nonces are not those of the other.
func (p *Provider) checker(role string) *dpop.Checker {
	return &dpop.Checker{Origin: p.Issuer, Secret: p.NonceSecret, Role: role, Once: p.once, Now: p.clock}
}

// Uses checks the proofs that come with access tokens, at this pod's resource.
func (p *Provider) Uses() oauth.Proofs { return p.uses }

// proof is the thumbprint of the key that proved itself in a request to the
// authorization server, or empty where nothing was to be proved. It is looked at
// before all else, so that a client that lacks the nonce has used up nothing.
func (p *Provider) proof(w http.ResponseWriter, r *http.Request) (string, error) {
	w.Header().Set(dpop.NonceHeader, p.proofs.Nonce()) // RFC 9449 §8.2
	if len(r.Header.Values(dpop.Header)) == 0 {
		return "", nil
	}
	key, err := p.proofs.Check(r, "")
	switch {
	case errors.Is(err, oauth.ErrNonce):
		return "", errNonce
	case errors.Is(err, oauth.ErrProof):
		return "", refuse(errProof, err.Error()+".")
	}
	return key, err
}

// bind notes the key to which the code of a pushed request will be bound (RFC
// 9449 §10.1): by dpop_jkt, by a proof, or by both, which are then of one key.
func (p *Provider) bind(request fosite.AuthorizeRequester, key string) error {
	form := request.GetRequestForm()
	named := form.Get("dpop_jkt")
	switch {
	case named != "" && !challengeShape.MatchString(named): // a SHA-256, too
		return invalid("dpop_jkt is no thumbprint.")
	case named != "" && key != "" && named != key:
		return refuse(errProof, "dpop_jkt is not the thumbprint of the key of the proof.")
	case named == "" && key != "":
		form.Set("dpop_jkt", key)
	case named == "" && p.mustProve(request):
		return refuse(errProof, "This request needs dpop_jkt or a proof.")
	}
	return nil
}

// mustProve reports whether the tokens of a request have to be bound to a key.
// Those of a move always are: whoever copied one could else carry the account
// away.
func (p *Provider) mustProve(r fosite.Requester) bool {
	return p.RequireDPoP || r.GetClient().(*client).Bound || r.GetRequestedScopes().Has(oauth.ScopeMove)
}

// hold binds the tokens that are about to be made to the key that proved itself,
// and refuses another key than the code or refresh token is bound to.
func (p *Provider) hold(request fosite.AccessRequester, key string) error {
	own := request.GetSession().(*session)
	switch {
	case own.Key == "" && key == "" && p.mustProve(request):
		return refuse(errProof, "The tokens of this grant take a DPoP proof.")
	case own.Key != "" && key == "":
		return refuse(errProof, "This code or token is bound to a key, and comes without a proof.")
	case own.Key != "" && own.Key != key: // RFC 9449 §5, §10
		return refuse(fosite.ErrInvalidGrant, "This code or token is bound to another key.")
	}
	own.Key = key
	return nil
}
