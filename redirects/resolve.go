package redirects

import (
	"cmp"
	"context"
	"net/http"

	"podmove/transfer"
)

// A Kind is what an old address names.
type Kind string

// The kinds of old addresses, in diaspora*'s shapes.
const (
	Post   Kind = "post"   // /posts/{guid}, /posts/{number}, /p/{number}
	Photo  Kind = "photo"  // /uploads/images/{variant}{file}
	Person Kind = "person" // /people/{guid}
	Named  Kind = "named"  // /u/{username}
	Feed   Kind = "feed"   // /public/{username}.atom
)

// An Address is an old address, taken apart.
type Address struct {
	Kind    Kind
	Key     string // guid, file name or username
	Number  int64  // of a post that is named by its number instead
	Variant string // of a photo, such as "thumb_small_"; empty is the original
	Suffix  string // format that the address spells out: ".json", ".mobile" or empty
}

// An Answer is what an old address answers.
type Answer struct {
	Status   int    // 302, 308 or 410
	Location string // whole URL; empty with 410
	Profile  string // new public profile, which a 410 names; empty if the person left no address
}

// Resolve says what an old address answers, or that it is none (false): then
// whatever stands there answers for itself. Only what was public when the stubs
// went up ever has an answer (Protocol §6.1).
func (s *Service) Resolve(ctx context.Context, a Address) (Answer, bool, error) {
	p, found, err := s.Book.Find(ctx, a)
	if err != nil || !found {
		return Answer{}, false, err
	}
	if p.NoAddress { // Protocol §6.3
		return Answer{Status: http.StatusGone}, true, nil
	}
	// Protocol §5.4: the expanded address is held against the granted origin at
	// every answer, whatever was stored.
	origin := cmp.Or(p.Onward, transfer.OriginOf(p.Client))
	target := transfer.Expand(p.Target, map[string]string{transfer.PlaceVariant: a.Variant}) + a.Suffix
	for _, address := range []string{target, p.Profile} {
		if err := transfer.CheckAddress(address, origin); err != nil {
			s.Log.ErrorContext(ctx, "an old address would lead away from the pod that the person agreed to; it leads nowhere", "origin", origin, "error", err)
			return Answer{}, false, nil
		}
	}
	switch {
	case !p.Erased:
		return Answer{Status: http.StatusFound, Location: target, Profile: p.Profile}, true, nil
	case s.Forward:
		return Answer{Status: http.StatusPermanentRedirect, Location: target, Profile: p.Profile}, true, nil
	}
	return Answer{Status: http.StatusGone, Profile: p.Profile}, true, nil
}
