package transfertest

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"podmove/transfer"
)

// A Fixture is an account as its items: what a Reader under test is to give.
type Fixture struct {
	Owner   string // diaspora* ID
	Entries map[transfer.Collection][]transfer.Entry
	Content map[string][]byte // of photos, by guid
}

// GUID is a guid for what has none of its own: the first 32 hex digits of the
// SHA-256 of collection, owner and name, each ended by a line feed. Archives
// leave out the guids of aspects and contacts, and their reader derives them
// in the same way, so an archive of a Fixture gives the Fixture's guids.
func GUID(c transfer.Collection, owner, name string) string {
	sum := sha256.Sum256([]byte(string(c) + "\n" + owner + "\n" + name + "\n"))
	return hex.EncodeToString(sum[:16])
}

// Items decodes one collection of the fixture.
func Items[T transfer.Item](t testing.TB, f Fixture) map[string]T {
	t.Helper()
	var kind T
	items := map[string]T{}
	for _, e := range f.Entries[kind.Collection()] {
		item, err := transfer.Decode[T](e)
		if err != nil {
			t.Fatalf("the fixture's %s: %v", e.GUID, err)
		}
		items[e.GUID] = item
	}
	return items
}

// add encodes item into the fixture.
func (f Fixture) add(guid string, item transfer.Item) {
	e, err := transfer.Encode(guid, item)
	if err != nil {
		panic(err) // the fixture is a constant of this package
	}
	f.Entries[item.Collection()] = append(f.Entries[item.Collection()], e)
}

// Plan is what the fixture amounts to.
func (f Fixture) Plan(c transfer.Collection) transfer.CollectionPlan {
	p := transfer.CollectionPlan{Collection: c, Count: int64(len(f.Entries[c]))}
	for _, e := range f.Entries[c] {
		p.Bytes += int64(len(e.Item))
		if c == transfer.Photos {
			p.ContentBytes += int64(len(f.Content[e.GUID]))
		}
	}
	return p
}
