// Goes through a pod as somebody else's client: npm's openid-client, untouched,
// drives every request. It tells each step as a line of JSON, asks for the
// person's consent by another, and reads the answer from its input.
import * as client from 'openid-client'
import { ask, hear, say, step } from './lines.mjs'

const told = await hear()
const { issuer, redirect, method, scope, details } = told
const resource = issuer + '/transfer/v1'
const options = { execute: [client.allowInsecureRequests] } // a pod in development

const key = told.key && await crypto.subtle.importKey('pkcs8', Buffer.from(told.key, 'base64'), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
const authentication = {
	private_key_jwt: () => client.PrivateKeyJwt({ key, kid: told.jwks.keys[0].kid }),
	client_secret_basic: secret => client.ClientSecretBasic(secret),
	client_secret_post: secret => client.ClientSecretPost(secret),
	none: () => client.None(),
}[method]

// must is an assertion whose message is the whole of what is shown of it.
function must(right, message) {
	if (!right) throw new Error(message)
}

// refuses runs what must fail and answers the error.
async function refuses(what, code) {
	try {
		await what()
	} catch (error) {
		const got = error.error ?? error.code ?? error.cause?.[0]?.parameters?.error
		must(got === code || error.cause?.[0]?.parameters?.error === code, `it was refused for ${got}, not for ${code}: ${error}`)
		return
	}
	throw new Error('it was not refused')
}

let config
await step('finds the endpoints by discovery', async () => {
	for (const algorithm of ['oidc', 'oauth2']) {
		config = await client.discovery(new URL(issuer), told.client ?? 'nobody yet', undefined, authentication(), { ...options, algorithm })
		const server = config.serverMetadata()
		must(server.issuer === issuer, `${algorithm}: the issuer is ${server.issuer}`)
		must(server.supportsPKCE(), `${algorithm}: PKCE with S256 is not offered`)
		must(server.token_endpoint_auth_methods_supported.includes(method), `${algorithm}: ${method} is not offered`)
		must(server.authorization_response_iss_parameter_supported, `${algorithm}: answers do not name their issuer`)
	}
})

if (told.register) {
	await step('registers', async () => {
		const metadata = { client_name: 'A reader', redirect_uris: [redirect], token_endpoint_auth_method: method, grant_types: ['authorization_code', 'refresh_token'] }
		if (method === 'private_key_jwt') metadata.jwks = told.jwks
		const given = await client.dynamicClientRegistration(new URL(issuer), metadata, authentication(), options)
		// The secret may come encoded (RFC 6749 §2.3.1): the library sees to it.
		config = await client.discovery(new URL(issuer), given.clientMetadata().client_id, given.clientMetadata(), authentication(given.clientMetadata().client_secret), options)
	})
}

// Nonces that the pod asked for, counted by what was asked.
const demanded = {}
config[client.customFetch] = async (url, init) => {
	const response = await fetch(url, init)
	const challenge = response.headers.get('www-authenticate') ?? ''
	const body = response.status === 400 ? await response.clone().text() : ''
	if ((challenge + body).includes('use_dpop_nonce')) demanded[new URL(url).pathname] = response.headers.get('dpop-nonce')
	return response
}
const DPoP = told.dpop ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
let address
await step('pushes its request, with PKCE, state and nonce', async () => {
	address = await client.buildAuthorizationUrlWithPAR(config, {
		redirect_uri: redirect, scope, state, nonce, resource, prompt: 'login',
		code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
		authorization_details: JSON.stringify([details]),
	}, { DPoP })
	must([...address.searchParams.keys()].sort().join() === 'client_id,request_uri', `the address holds more: ${address}`)
})

const callback = new URL(await ask('consent', { url: address.href }))
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }

await step('takes no answer that names another issuer', async () => {
	const other = new URL(callback)
	must(other.searchParams.get('iss') === issuer, `the answer names ${other.searchParams.get('iss')}`)
	other.searchParams.set('iss', issuer + '.other.example')
	await refuses(() => client.authorizationCodeGrant(config, other, checks, { resource }, { DPoP }), 'OAUTH_INVALID_RESPONSE')
})

let tokens, subject
await step('exchanges the code, and finds nonce, issuer and audience in the ID token', async () => {
	tokens = await client.authorizationCodeGrant(config, callback, checks, { resource }, { DPoP })
	const claims = tokens.claims()
	subject = claims.sub
	must(claims.acct === told.account, `the account is ${claims.acct}`)
	must(claims.nonce === nonce && claims.iss === issuer, `the claims are ${JSON.stringify(claims)}`)
	must(tokens.token_type === (told.dpop ? 'dpop' : 'bearer'), `the tokens are of type ${tokens.token_type}`)
	must(tokens.authorization_details?.[0]?.type === details.type, 'the answer does not tell what was granted')
})

await step('reads userinfo', async () => {
	const who = await client.fetchUserInfo(config, tokens.access_token, subject, { DPoP })
	must(who.acct === told.account, `the account is ${who.acct}`)
})

if (method !== 'none') {
	await step('introspects its token', async () => {
		const answer = await client.tokenIntrospection(config, tokens.access_token)
		must(answer.active && answer.aud === resource && answer.sub === subject, JSON.stringify(answer))
		must(answer.authorization_details?.[0]?.purpose === details.purpose, JSON.stringify(answer))
		if (told.dpop) must(answer.cnf?.jkt === await DPoP.calculateThumbprint(), `cnf is ${JSON.stringify(answer.cnf)}`)
	})
}

// visit asks the transfer API for something, with the newest token.
async function visit(path, { method = 'GET', body, headers = {}, as = { DPoP } } = {}) {
	if (body) headers['Content-Type'] = 'application/json'
	return client.fetchProtectedResource(config, tokens.access_token, new URL(resource + path), method, body && JSON.stringify(body), new Headers(headers), as)
}

async function json(response, status) {
	must(response.status === status, `the answer is ${response.status}: ${await response.clone().text()}`)
	return response.json()
}

let plan
await step('opens a transfer', async () => {
	const opening = { purpose: details.purpose, collections: ['posts'], nonce: client.randomNonce(), format: 1 }
	plan = await json(await visit('/transfers', { method: 'POST', body: opening }), 201)
	must(plan.nonce === opening.nonce, `the transfer's nonce is ${plan.nonce}`)
})

const read = new Set()
let cursor = ''
async function page() {
	const fresh = client.randomNonce() // Protocol §4.3: one for each page
	const response = await visit(`/transfers/${plan.transfer}/posts?limit=3&cursor=${cursor}`, { headers: { 'Transfer-Nonce': fresh } })
	const page = await json(response, 200)
	must(response.headers.get('transfer-nonce') === fresh, 'the page does not answer this request')
	must(page.nonce === plan.nonce && page.transfer === plan.transfer, 'the page is of another transfer')
	must(page.entries.length === 3, `it has ${page.entries.length} posts`)
	for (const entry of page.entries) read.add(entry.guid)
	cursor = page.next
	return fresh
}

let used
await step('reads a page', async () => { used = await page() })
await step('reads another page, whose nonce is good once', async () => {
	const asked = { headers: { 'Transfer-Nonce': used } }
	const problem = await json(await visit(`/transfers/${plan.transfer}/posts?limit=3&cursor=${cursor}`, asked), 409)
	must(problem.code === 'nonce-replayed', `the problem is ${problem.code}`)
	await page()
})

if (told.dpop) {
	await step('cannot use its token without the key that it is bound to', async () => {
		const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
		await refuses(() => visit('', { as: {} }), 'invalid_token')
		await refuses(() => visit('', { as: { DPoP: other } }), 'invalid_token')
	})
}

await step('refreshes its tokens, and reads on with the new ones', async () => {
	const old = tokens
	tokens = await client.refreshTokenGrant(config, old.refresh_token, { resource }, { DPoP })
	must(tokens.access_token !== old.access_token && tokens.refresh_token !== old.refresh_token, 'nothing is new')
	await page()
	must(read.size === 9, `three pages hold ${read.size} posts`)
})

if (told.dpop) {
	await step('was asked for nonces of the pod’s own, at the token endpoint and at the transfer API', async () => {
		const paths = Object.keys(demanded)
		must(paths.some(p => p.startsWith('/oauth/')) && paths.some(p => p.startsWith('/transfer/')), `nonces were asked for at ${paths}`)
	})
	await step('cannot refresh without the key that its tokens are bound to', async () => {
		const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
		await refuses(() => client.refreshTokenGrant(config, tokens.refresh_token, { resource }, { DPoP: other }), told.refusal ?? 'invalid_grant')
	})
}

await step('revokes its tokens, which are then good for nothing', async () => {
	await client.tokenRevocation(config, tokens.refresh_token)
	await refuses(() => visit(''), 'invalid_token')
	await refuses(() => client.refreshTokenGrant(config, tokens.refresh_token, { resource }, { DPoP }), 'invalid_grant')
	if (method !== 'none') must((await client.tokenIntrospection(config, tokens.access_token)).active === false, 'the token is active')
})

say({ done: true })
process.exit(0)
