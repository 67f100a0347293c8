// Package relying is the side of OpenID Connect that asks: it finds the pod of
// an old ID, asks the person for consent there, proves whose account was
// granted, and keeps the tokens alive while a move runs (docs/protocol.md §1,
// §2).
//
// Every pod that it speaks with is a stranger. What comes back is bounded,
// compared byte for byte with what was asked for, and believed only as far as
// its signature and its origin go; what is wrong becomes a *transfer.Error that
// a person can read.
//
// The package refuses to know where logins and tokens rest, which browser a
// login belongs to, and what the tokens are used for. Its callers bind a
// login's state to a browser session, once; it says what is secret about it. It
// is the one room that knows go-oidc and x/oauth2.
package relying
