package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// A nonce serves for three minutes and a step. Proofs are made when they are
// needed, so that this is also how long one that was stolen can be held back.
const (
	nonceStep  = 30 * time.Second
	nonceSteps = 6
	nonceLife  = (nonceSteps + 1) * nonceStep
)

// nonces are what a server asks to see in proofs (RFC 9449 §8). None is stored:
// a nonce is the time, sealed, so that every replica knows those of the others,
// and many requests may use one.
type nonces struct {
	secret []byte
	role   string // nonces of one role are none of another's
	now    func() time.Time
}

// issue makes the nonce of this half minute.
func (n nonces) issue() string { return n.at(n.step()) }

// fresh reports whether a nonce was made here a short while ago.
func (n nonces) fresh(nonce string) bool {
	now := n.step()
	for step := now + 1; step+nonceSteps >= now; step-- { // +1: a replica's clock may be ahead
		if hmac.Equal([]byte(n.at(step)), []byte(nonce)) {
			return true
		}
	}
	return false
}

func (n nonces) step() int64 { return n.now().Unix() / int64(nonceStep/time.Second) }

func (n nonces) at(step int64) string {
	mac := hmac.New(sha256.New, n.secret)
	mac.Write([]byte(n.role))
	mac.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(step)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}
