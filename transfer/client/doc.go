// Package client is a [transfer.Reader] over HTTP: one account at another pod,
// read through that pod's transfer API (docs/protocol.md §4), and the calls
// that open, answer for and end a transfer there.
//
// Everything the other pod sends is a stranger's: bounded, checked against
// what was asked for, and turned into a *transfer.Error with the code that the
// other pod meant, or AnswerInvalid. A request whose answer was lost is made
// again, with the same cursor and a fresh nonce.
//
// The package refuses to know where tokens come from: it is given an
// *http.Client that adds them. It never builds an address off the base URL
// and never follows a redirect, so that no token leaves the origin. It does
// not know how a signature is checked, and stores nothing.
package client
