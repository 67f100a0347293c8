package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
)

// Challenges are at least 128 random bits in base64url, base32 or hex.
var challengeShape = regexp.MustCompile(`^[0-9A-Za-z_-]{22,128}$`)

// ValidChallenge reports whether s may be the challenge of a [Holding].
func ValidChallenge(s string) bool { return challengeShape.MatchString(s) }

// Proof is the SHA-256 of the challenge's characters, the item's canonical
// bytes and, for a photo, its content, which else is nil (Protocol §7.3).
func Proof(challenge string, item []byte, content io.Reader) (Digest, error) {
	sum := sha256.New()
	sum.Write([]byte(challenge)) // a hash never fails
	sum.Write(item)
	if content != nil {
		if _, err := io.Copy(sum, content); err != nil {
			return "", fmt.Errorf("prove an item: %w", err)
		}
	}
	return Digest(hex.EncodeToString(sum.Sum(nil))), nil
}

// CheckQuestion refuses a question after holdings that is out of bounds.
func (h Holdings) CheckQuestion() error {
	if len(h.Items) == 0 || len(h.Items) > MaxHoldings {
		return Errorf(TooLarge, "a question after holdings names 1 to %d items", MaxHoldings)
	}
	for _, item := range h.Items {
		if !item.Collection.Known() || !ValidGUID(item.GUID) || !ValidChallenge(item.Challenge) {
			return Errorf(RequestInvalid, "a question after holdings names a collection, a guid and a challenge for each item")
		}
	}
	return nil
}

// CheckItems refuses an undo that names items out of bounds.
func (u Undo) CheckItems() error {
	if len(u.Items) > MaxHoldings {
		return Errorf(TooLarge, "an undo names at most %d items", MaxHoldings)
	}
	for _, item := range u.Items {
		if !item.Collection.Known() || !ValidGUID(item.GUID) {
			return Errorf(RequestInvalid, "an undo names a collection and a guid for each item")
		}
	}
	return nil
}
