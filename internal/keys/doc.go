// Package keys is the room for a pod's secrets: the ES256 keys that it signs
// with, the key sets that other pods publish, and the master key under which
// bytes rest in the database.
//
// It exists so that one place decides which algorithms are spoken (ES256 and
// AES-256-GCM, nothing else) and how a signed message is told from another. It
// is the only room besides oauth/dpop that knows go-jose v4. It refuses to know
// what a message says, who may send it, or where a key is stored: it turns
// claims into a compact JWS and back, and bytes into sealed bytes and back.
package keys
