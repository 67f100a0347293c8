package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"podmove/transfer"
)

// An index is where the collections lie in the JSON, and the little that must
// be known before any item can be read.
type index struct {
	sections    map[transfer.Collection]section
	own         map[transfer.Collection]section // in Podmove's member; they go before the others
	fingerprint string
	ignored     map[string]int
	version     string
	username    string
	user        bool
	profile     []byte
}

// A section is an array of the archive.
type section struct {
	offset int64 // of its "["
	count  int
}

// sectionNames are the members of "user" that a transfer carries.
var sectionNames = map[string]transfer.Collection{
	"blocks":         transfer.Blocks,
	"contact_groups": transfer.Aspects,
	"contacts":       transfer.Contacts,
	"posts":          transfer.Posts,
}

// look reads the archive once from end to end without looking into its items.
func (r *Reader) look(ctx context.Context) error {
	r.index = index{sections: map[transfer.Collection]section{}, own: map[transfer.Collection]section{}, ignored: map[string]int{}}
	if n := r.photos.others; n > 0 {
		r.index.ignored["files"] = n
	}
	r.groups = map[string]bool{}
	in, err := r.file.open(ctx, 0)
	if err != nil {
		return err
	}
	sum := sha256.New()
	s := newScanner(io.TeeReader(in, sum), 0)
	if err := s.begin(); err != nil {
		return damaged(err)
	}
	if err := s.object(func(name string) error { return r.lookAt(s, name) }); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	r.photos.mark(sum)
	r.index.fingerprint = hex.EncodeToString(sum.Sum(nil))
	return r.findOwner()
}

// end wants nothing but space to follow.
func (s *scanner) end() error {
	_, err := s.peek()
	switch cause := errors.Unwrap(err); {
	case err == nil:
		return invalid("The archive is not JSON: something follows its end at byte %d.", s.offset)
	case errors.Is(cause, io.EOF):
		return nil
	}
	return err
}

// lookAt is for the outermost members.
func (r *Reader) lookAt(s *scanner, name string) error {
	switch name {
	case "version":
		if err := s.decode(&r.index.version); err != nil {
			return err
		}
		return r.checkVersion()
	case "user":
		if r.index.user {
			return invalid("The archive holds two users.")
		}
		r.index.user = true
		return s.object(func(name string) error { return r.lookAtUser(s, name) })
	case ownMember:
		return s.members(func(name string) error { return r.lookAtOwn(s, name) })
	case "others_data":
		return s.members(func(member string) error { return r.ignoreMember(s, name+"."+member) })
	}
	return s.skip()
}

func (r *Reader) checkVersion() error {
	if r.index.version != "2.0" {
		return invalid("The archive has version %.20q, and this pod reads version \"2.0\". Export it again from a pod that runs diaspora* 0.7.6.0 or later.", r.index.version)
	}
	return nil
}

func (r *Reader) lookAtUser(s *scanner, name string) error {
	switch name {
	case "username":
		return s.decode(&r.index.username)
	case "profile":
		raw, err := s.value(r.limits.ItemBytes)
		r.index.profile = append([]byte(nil), raw...)
		return err
	}
	if c, ok := sectionNames[name]; ok {
		return r.lookAtSection(s, name, c, r.index.sections)
	}
	return r.ignoreMember(s, name)
}

func (r *Reader) lookAtSection(s *scanner, name string, c transfer.Collection, sections map[transfer.Collection]section) error {
	if _, twice := sections[c]; twice {
		return invalid("The archive has %q twice.", name)
	}
	if _, err := s.peek(); err != nil {
		return err
	}
	found := section{offset: s.offset}
	err := s.array(func(i int) error {
		if found.count = i + 1; found.count > r.limits.Items {
			return transfer.Errorf(transfer.TooLarge, "The archive has more than %d %s. Nothing was imported.", r.limits.Items, name)
		}
		if c != transfer.Aspects {
			return s.skip()
		}
		return r.lookAtGroup(s)
	})
	sections[c] = found
	return err
}

// lookAtGroup learns the name of a group, for the contacts in it.
func (r *Reader) lookAtGroup(s *scanner) error {
	raw, err := s.value(scalar)
	var g groupData
	if err == nil && parse(raw, &g) == nil && len(r.groups) < 10_000 {
		r.groups[g.Name] = true
	}
	return err
}

// ignoreMember counts what is not carried.
func (r *Reader) ignoreMember(s *scanner, name string) error {
	b, err := s.peek()
	switch {
	case err != nil:
		return err
	case b != '[':
		return s.skip()
	}
	n := 0
	err = s.array(func(int) error { n++; return s.skip() })
	if n > 0 && len(r.index.ignored) < members {
		r.index.ignored[name[:min(len(name), 80)]] += n
	}
	return err
}

// findOwner wants a version, a user, and a profile that names its author.
func (r *Reader) findOwner() error {
	if err := r.checkVersion(); err != nil {
		return err
	}
	var p entity[profileData]
	switch {
	case !r.index.user:
		return invalid("The archive holds no user. It is not the archive of an account.")
	case len(r.index.profile) == 0:
		return invalid("The archive holds no profile, or one beyond all bounds.")
	}
	parseErr := parse(r.index.profile, &p)
	id := strings.ToLower(p.Data.Author)
	username, host, _ := strings.Cut(id, "@")
	if !transfer.ValidID(id) {
		return invalid("The profile in the archive does not name its author, so it is not clear whose it is.").Because(parseErr)
	}
	r.owner = Owner{ID: id, Username: username, Issuer: "https://" + host}
	return nil
}
