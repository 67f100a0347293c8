// Runs npm's oidc-provider, untouched, as the provider of a pod that people move
// away from. What is a pod's own, WebFinger and the transfer API, stands before
// it and is the test's; the key that it signs with is that pod's, too.
import { createServer } from 'node:http'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { Provider } from 'oidc-provider'
import { hear, say } from './lines.mjs'

const { issuer, host, client, key, kid } = await hear()
const resource = issuer + '/transfer/v1'
const scope = 'transfer:read transfer:move'
const signing = createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })

// The client is what its own metadata document says, and no more. oidc-provider
// reads such documents itself, but only from https, which no pod in development
// has; nor does it take a link to begin a login by that is not.
const { initiate_login_uri, ...document } = await (await fetch(client)).json()

// details are those of this pod's transfers, among what was consented to.
const details = ({ rar }) => rar?.filter(d => d.type === 'account_transfer')

const provider = new Provider(issuer, {
	clients: [document],
	clientAuthMethods: ['private_key_jwt'],
	jwks: { keys: [{ ...signing, kid, use: 'sig', alg: 'ES256' }] },
	cookies: { keys: [randomBytes(16).toString('hex')] },
	scopes: ['openid', ...scope.split(' ')],
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
// DELETE is what a person does who takes the permission back.
provider.use(async (ctx, next) => {
	if (ctx.path !== '/known-token') return next()
	const token = await provider.AccessToken.find(ctx.get('x-token'))
	if (token && ctx.method === 'DELETE') {
		for (const kind of [provider.AccessToken, provider.RefreshToken]) await kind.revokeByGrantId(token.grantId)
		await (await provider.Grant.find(token.grantId)).destroy()
	}
	ctx.body = token
		? { active: true, aud: token.aud, scope: token.scope, jkt: token.jkt, sub: token.accountId, grant: token.grantId, client: token.clientId, details: token.rar }
		: { active: false }
})
provider.on('server_error', (_, error) => console.error(error))
for (const event of ['pushed_authorization_request.error', 'authorization.error', 'grant.error', 'revocation.error']) {
	provider.on(event, (_, error) => console.error(event, error.error, error.error_detail ?? error.error_description))
}

const server = createServer(provider.callback())
server.listen(0, '127.0.0.1', () => say({ url: `http://127.0.0.1:${server.address().port}` }))
