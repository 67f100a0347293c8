// Runs npm's oidc-provider, untouched, as the provider of a pod that people move
// away from. What is a pod's own, WebFinger and the transfer API, stands before
// it and is the test's.
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { hear, say } from './lines.mjs'

const { issuer, host, client } = await hear()
const resource = issuer + '/transfer/v1'
const scope = 'transfer:read transfer:move'
const { privateKey } = await generateKeyPair('ES256', { extractable: true })

// details are those of this pod's transfers, among what was consented to.
const details = ({ rar }) => rar?.filter(d => d.type === 'account_transfer')

const provider = new Provider(issuer, {
	clients: [{
		...client,
		application_type: 'web', response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'],
		token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', id_token_signed_response_alg: 'ES256',
		dpop_bound_access_tokens: true, require_pushed_authorization_requests: true, require_auth_time: true,
		authorization_details_types: ['account_transfer'],
	}],
	clientAuthMethods: ['private_key_jwt'],
	jwks: { keys: [{ ...await exportJWK(privateKey), use: 'sig', alg: 'ES256' }] },
	cookies: { keys: [randomBytes(16).toString('hex')] },
	scopes: ['openid'],
	claims: { openid: ['sub', 'acct'] },
	conformIdTokenClaims: false,
	findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, acct: `${id}@${host}` }) }),
	pkce: { required: () => true },
	issueRefreshToken: () => true,
	rotateRefreshToken: true,
	ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
	features: {
		devInteractions: { enabled: true },
		dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
		pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
		resourceIndicators: {
			enabled: true,
			defaultResource: () => resource,
			useGrantedResource: () => true,
			getResourceServerInfo: () => ({ scope, audience: resource, accessTokenFormat: 'opaque', accessTokenTTL: 600 }),
		},
		revocation: { enabled: true },
		richAuthorizationRequests: {
			enabled: true,
			types: { account_transfer: { validate() {} } },
			authorizationDetailsForGrantSource: (ctx) => details(ctx.oidc.grant),
			authorizationDetailsForAccessToken: (ctx) => details(ctx.oidc.grant),
			authorizationDetailsForIntrospection: (_, token) => token.rar,
		},
	},
})

// A pod's transfer API asks its provider about tokens. So does the test's, here.
provider.use(async (ctx, next) => {
	if (ctx.path !== '/known-token') return next()
	const token = await provider.AccessToken.find(ctx.get('x-token'))
	ctx.body = token ? { active: true, aud: token.aud, scope: token.scope, jkt: token.jkt, sub: token.accountId } : { active: false }
})
provider.on('server_error', (_, error) => console.error(error))
for (const event of ['pushed_authorization_request.error', 'authorization.error', 'grant.error', 'revocation.error']) {
	provider.on(event, (_, error) => console.error(event, error.error, error.error_detail ?? error.error_description))
}

const server = createServer(provider.callback())
server.listen(0, '127.0.0.1', () => say({ url: `http://127.0.0.1:${server.address().port}` }))
