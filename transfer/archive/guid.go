package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"podmove/transfer"
)

// derived is the guid of what an archive gives none: the first 32 hex digits of
// the SHA-256 of collection, owner and name, each ended by a line feed. So the
// same archive, and a later one of the same account, give the same guids.
func derived(c transfer.Collection, owner, name string) string {
	sum := sha256.Sum256([]byte(string(c) + "\n" + owner + "\n" + name + "\n"))
	return hex.EncodeToString(sum[:16])
}

// positional is the guid under which an item is reported that cannot keep, or
// never had, one of its own.
func (r *Reader) positional(c transfer.Collection, at int) string {
	return derived(c, r.owner.ID, "#"+strconv.Itoa(at))
}

// given checks a guid of the archive; what has none gets one derived from name.
func (r *Reader) given(c transfer.Collection, guid, name string) (string, error) {
	switch {
	case guid == "":
		return derived(c, r.owner.ID, name), nil
	case !transfer.ValidGUID(guid):
		return "", transfer.Errorf(transfer.GUIDInvalid, "%.80q is not a guid", guid)
	}
	return guid, nil
}

// moment reads the spellings of time that diaspora* has used.
func moment(s string) transfer.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 MST"} {
		if at, err := time.Parse(layout, s); err == nil {
			return transfer.TimeOf(at)
		}
	}
	return ""
}

// photoName is the file name at the end of a photo's address, without the
// prefix of a variant; empty if it is none.
func photoName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	for _, variant := range []string{"thumb_small_", "thumb_medium_", "thumb_large_", "scaled_full_"} {
		name = strings.TrimPrefix(name, variant)
	}
	if !transfer.ValidName(name) {
		return ""
	}
	return name
}
