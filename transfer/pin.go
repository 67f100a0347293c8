package transfer

import "time"

// A Pin is what a pod remembers of another one's keys, for one transfer
// (Protocol §1.5).
type Pin struct {
	Peer   string    // whose: a client_id, or an issuer
	Keys   []byte    // JWK set
	Differ time.Time // since when the peer publishes none of them; zero if it does
}
