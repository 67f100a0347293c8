package invariants

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// sumOf is the digest of a collection (Protocol §4.7).
func sumOf(lines []string) (int64, string) {
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return int64(len(lines)), hex.EncodeToString(sum[:])
}
