// Package dpop makes and checks proofs of possession (RFC 9449): with each
// request, whoever holds a token shows that they hold the key to which it is
// bound, so that a token that was copied is worth nothing.
//
// A [Prover] is the side that asks, a [Checker] the side that grants; neither
// needs the other. The package refuses to know what a token is good for, which
// key it is bound to, and where used proofs are noted: it says whose key signed
// this request, now, once.
package dpop
