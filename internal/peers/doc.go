// Package peers runs what others wrote, to prove that strangers can speak with a
// pod: npm's openid-client and oidc-provider, both certified, in the releases
// that tools/peers/package-lock.json pins, and a Node of their own. The scripts
// in tools/peers only drive them. It is for tests only.
//
// The package refuses to know what is proved: it carries lines of JSON between
// a test and a script, and ends the script with the test.
package peers
