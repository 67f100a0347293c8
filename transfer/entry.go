package transfer

import (
	"bytes"
	"encoding/json"
)

// An Entry is one line of a page: an item, the news that an item is gone, or
// the name of an item that the source cannot send (Protocol §3.2).
type Entry struct {
	GUID       string
	Digest     Digest          // of exactly the bytes of Item
	Deleted    bool            // the item is gone at the source
	Unsendable Code            // why the source cannot send it
	Item       json.RawMessage // canonical bytes; never re-encoded on the way (Protocol §3.3)
	Failed     Code            // set by the reading side when a photo's bytes could not be kept; never on the wire
}

// Encode is the entry that carries item under guid.
func Encode(guid string, item Item) (Entry, error) {
	if !ValidGUID(guid) {
		return Entry{}, Errorf(GUIDInvalid, "%.80q is not a guid", guid)
	}
	if err := item.Check(); err != nil {
		return Entry{}, err
	}
	raw, err := Canonical(item)
	if err != nil {
		return Entry{}, err
	}
	return Entry{GUID: guid, Digest: Sum(raw), Item: raw}, nil
}

// Decode reads an entry's item. It refuses unknown members, and bytes that the
// item read would not be written as: what is stored must give the same digest
// when it is read again.
func Decode[T Item](e Entry) (T, error) {
	var item T
	dec := json.NewDecoder(bytes.NewReader(e.Item))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&item); err != nil {
		return item, Errorf(ItemInvalid, "the item has an unknown or ill-typed member").Because(err)
	}
	if err := item.Check(); err != nil {
		return item, err
	}
	raw, err := Canonical(item)
	if err != nil {
		return item, err
	}
	if !bytes.Equal(raw, e.Item) {
		return item, Errorf(ItemInvalid, "the item spells out a member that is left away when empty")
	}
	return item, nil
}

// CheckWire refuses an entry that breaks the rules of the wire itself, as
// distinct from an item that is merely unwelcome: a guid twice is for the page.
func (e Entry) CheckWire() error {
	kinds := 0
	for _, is := range []bool{e.Deleted, e.Unsendable != "", len(e.Item) > 0} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || e.GUID == "" || len(e.GUID) > 255 {
		return Errorf(AnswerInvalid, "an entry is an item, a deletion or an unsendable, under a guid")
	}
	if len(e.Item) == 0 {
		return e.checkWord()
	}
	if err := CheckCanonical(e.Item); err != nil {
		return err
	}
	if Sum(e.Item) != e.Digest {
		return Errorf(DigestWrong, "the digest of %.80q does not fit its bytes", e.GUID)
	}
	return nil
}

// checkWord is for an entry without an item. Its code and digest are stored
// and shown, so they may not be any text that a stranger likes.
func (e Entry) checkWord() error {
	if e.Digest != "" || (e.Unsendable != "" && !codeShape.MatchString(string(e.Unsendable))) {
		return Errorf(AnswerInvalid, "an entry without an item has no digest, and its code is a word of this protocol")
	}
	return nil
}
