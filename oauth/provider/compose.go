package provider

import (
	"context"
	"errors"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/token/hmac"
	"github.com/ory/fosite/token/jwt"
)

// factories are the parts of fosite in use, in the order in which they must
// run: the code before its PKCE check and its ID token. Implicit, hybrid,
// password and client credentials are not among them.
func factories() []compose.Factory {
	return []compose.Factory{
		compose.OAuth2AuthorizeExplicitFactory,
		compose.OAuth2RefreshTokenGrantFactory,
		compose.OpenIDConnectExplicitFactory,
		compose.OpenIDConnectRefreshFactory,
		compose.OAuth2PKCEFactory,
	}
}

// config is fosite's. Its clock is the machine's and cannot be given.
func (p *Provider) config() *fosite.Config {
	return &fosite.Config{
		AuthorizeCodeLifespan:        codeLife,
		AccessTokenLifespan:          accessLife,
		RefreshTokenLifespan:         refreshIdle,
		IDTokenLifespan:              idTokenLife,
		IDTokenIssuer:                p.Issuer,
		TokenURL:                     p.Issuer,
		EnforcePKCE:                  true,
		RefreshTokenScopes:           []string{}, // else only "offline" gets one
		ScopeStrategy:                fosite.ExactScopeStrategy,
		AudienceMatchingStrategy:     fosite.ExactAudienceMatchingStrategy,
		RedirectSecureChecker:        fosite.IsRedirectURISecureStrict,
		ClientAuthenticationStrategy: p.authenticate,
	}
}

// settings are fosite's, with secrets that change while it runs.
type settings struct {
	*fosite.Config
	secrets func(context.Context) ([][]byte, error)
}

// GetGlobalSecret is the secret that codes and tokens are made with now.
func (s settings) GetGlobalSecret(ctx context.Context) ([]byte, error) {
	list, err := s.secrets(ctx)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("provider: there is no secret to make tokens with")
	}
	return list[0], nil
}

// GetRotatedGlobalSecrets are those that codes and tokens verify with, too.
func (s settings) GetRotatedGlobalSecrets(ctx context.Context) ([][]byte, error) {
	list, err := s.secrets(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[1:], nil
}

// compose does what compose.Compose does, with typed parts of our own.
func (p *Provider) compose() {
	config := settings{p.config(), p.Secrets}
	key := func(ctx context.Context) (any, error) {
		k, err := p.Key(ctx)
		if err != nil {
			return nil, err
		}
		// The kid comes with the key; an ES256 ID token's at_hash is SHA-256.
		return &jose.JSONWebKey{Key: k.Private(), KeyID: k.ID(), Algorithm: string(jose.ES256), Use: "sig"}, nil
	}
	p.strategy = oauth2.NewHMACSHAStrategyUnPrefixed(&hmac.HMACStrategy{Config: config}, config)
	strategy := &compose.CommonStrategy{
		CoreStrategy:               p.strategy,
		OpenIDConnectTokenStrategy: compose.NewOpenIDConnectStrategy(key, config),
		Signer:                     &jwt.DefaultSigner{GetPrivateKey: key},
	}
	for _, make := range factories() {
		part := make(config, p.storage, strategy)
		if h, ok := part.(fosite.AuthorizeEndpointHandler); ok {
			config.AuthorizeEndpointHandlers.Append(h)
		}
		if h, ok := part.(fosite.TokenEndpointHandler); ok {
			config.TokenEndpointHandlers.Append(h)
		}
	}
	p.fosite = fosite.NewOAuth2Provider(p.storage, config)
}
