// Package oauth is the vocabulary of consent: what a person grants to a
// client, and how a resource asks what a token is good for.
//
// It imports the standard library only, and refuses to know how tokens are
// made (oauth/provider), asked for (oauth/relying), or stored.
package oauth
