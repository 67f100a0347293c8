package transfer

// Format is the version of the items' shapes. Any later member of an item
// changes digests, so it travels in the plan (Protocol §3.2).
const Format = 1

// A Collection is one kind of thing that a transfer carries.
type Collection string

// The collections of version 1.
const (
	Profiles Collection = "profile"
	Blocks   Collection = "blocks"
	Aspects  Collection = "aspects"
	Contacts Collection = "contacts"
	Posts    Collection = "posts"
	Photos   Collection = "photos"
)

// Collections lists all collections in the order in which they travel: blocks
// before anything that could reach a blocked person, aspects before the
// contacts in them, posts before the photos they name (Protocol §3.1).
func Collections() []Collection {
	return []Collection{Profiles, Blocks, Aspects, Contacts, Posts, Photos}
}

// Known reports whether c is a collection of this version.
func (c Collection) Known() bool {
	for _, k := range Collections() {
		if c == k {
			return true
		}
	}
	return false
}

// Purpose says what a transfer may end in.
type Purpose string

// A move may end in redirect stubs; a copy only reads.
const (
	Move Purpose = "move"
	Copy Purpose = "copy"
)
