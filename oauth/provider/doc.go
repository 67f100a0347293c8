// Package provider is the side that grants: the OAuth and OpenID Connect
// provider that every pod is (Protocol §1, §2). A client pushes its request,
// the person decides on it, the client exchanges a code for tokens, and the
// transfer API asks what a token is good for.
//
// It is the only room that knows fosite, and none of fosite's types leave it.
// fosite reads requests, makes codes and tokens, and checks PKCE; the rest is
// done here, since docs/choices.md lists what fosite v0.49.0 leaves open: client
// authentication, single use under parallel requests, the answers' issuer, the
// resource, and authorization details.
//
// The package refuses to know how rows are kept (a [Store] is given), who is
// signed in at which browser (the pages say so), what a page looks like, and
// what a transfer does with its grant.
package provider
