package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// A Digest is a SHA-256 in lower-case hex: 64 characters, for example
// "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".
type Digest string

// Sum is the digest of b.
func Sum(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest(hex.EncodeToString(sum[:]))
}

// Valid reports whether d has the shape of a digest.
func (d Digest) Valid() bool {
	if len(d) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(d) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A Tally is what one collection amounts to: how many items, and the SHA-256
// of the lines "guid digest\n", bytewise sorted by guid (Protocol §4.7).
type Tally struct {
	Collection Collection `json:"collection"`
	Count      int64      `json:"count"`
	Digest     Digest     `json:"digest"`
}

// A Tallier computes a [Tally] from items given in bytewise order of guid.
type Tallier struct {
	collection Collection
	hash       hash.Hash
	count      int64
}

// NewTallier starts a tally of c.
func NewTallier(c Collection) *Tallier {
	return &Tallier{collection: c, hash: sha256.New()}
}

// Add counts one item. Guids must come in strictly rising bytewise order.
func (t *Tallier) Add(guid string, d Digest) {
	t.hash.Write([]byte(guid + " " + string(d) + "\n"))
	t.count++
}

// Tally is the sum of what was added.
func (t *Tallier) Tally() Tally {
	return Tally{t.collection, t.count, Digest(hex.EncodeToString(t.hash.Sum(nil)))}
}
