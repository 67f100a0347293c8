package pod

import (
	"errors"
	"strconv"
	"time"

	"podmove/transfer"
)

// ErrHidden is the one answer for a post or photo that is not there and for
// one that the viewer may not see: nobody can tell them apart (Protocol §6.1).
var ErrHidden = errors.New("pod: there is nothing here for this viewer")

// A Post is a post as it stands on this pod.
type Post struct {
	Account int64  // row id of the author
	Number  int64  // the number in /p/{number}
	GUID    string // unique in the pod
	Item    transfer.Post
}

// A Photo is a photo as it stands on this pod.
type Photo struct {
	Account int64  // row id of the owner
	GUID    string // unique in the account
	File    string // unique in the pod: /uploads/images/{file}
	Item    transfer.Photo
}

// A PostKey is how an address names a post: by number or, if that is zero, by
// guid.
type PostKey struct {
	Number int64
	GUID   string
}

// ParsePostKey reads the last part of /posts/{key} or /p/{key}: diaspora* takes
// anything shorter than the shortest guid, 16 characters, for a number. Such a
// key that is no number names no post.
func ParsePostKey(key string) (PostKey, bool) {
	if len(key) >= 16 {
		return PostKey{GUID: key}, transfer.ValidGUID(key)
	}
	n, err := strconv.ParseInt(key, 10, 64)
	return PostKey{Number: n}, err == nil && n > 0 && strconv.FormatInt(n, 10) == key
}

// A Mark is a place in a list of posts, newest first: just after the post that
// was made at that time under that number. The zero Mark is the list's start.
type Mark struct {
	At     time.Time // to the millisecond
	Number int64
}
