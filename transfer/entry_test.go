package transfer_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"podmove/transfer"
)

const guid = "0123456789abcdef0123456789abcdef"

func TestEncodeRefuses(t *testing.T) {
	const when = transfer.Time("2012-03-01T22:48:44.000Z")
	photo := golden["photo"].(transfer.Photo)
	with := func(change func(*transfer.Photo)) transfer.Photo { p := photo; change(&p); return p }
	for what, c := range map[string]struct {
		guid string
		item transfer.Item
		code transfer.Code
	}{
		"a guid too short":               {"0123456789abcde", transfer.Block{ID: "a@b.example"}, transfer.GUIDInvalid},
		"a guid too long":                {strings.Repeat("a", 256), transfer.Block{ID: "a@b.example"}, transfer.GUIDInvalid},
		"a guid that climbs":             {"../../../../../etc/passwd", transfer.Block{ID: "a@b.example"}, transfer.GUIDInvalid},
		"a guid with a line feed":        {guid + "\n", transfer.Block{ID: "a@b.example"}, transfer.GUIDInvalid},
		"a guid that ends in a dot":      {guid + ".", transfer.Block{ID: "a@b.example"}, transfer.GUIDInvalid},
		"an ID in capitals":              {guid, transfer.Block{ID: "A@b.example"}, transfer.ItemInvalid},
		"an ID of two hosts":             {guid, transfer.Block{ID: "a@b@c.example"}, transfer.ItemInvalid},
		"an ID with a path":              {guid, transfer.Block{ID: "a@b.example/c"}, transfer.ItemInvalid},
		"an aspect without a name":       {guid, transfer.Aspect{}, transfer.ItemInvalid},
		"an aspect with NUL":             {guid, transfer.Aspect{Name: "a\x00"}, transfer.TextInvalid},
		"text that is not UTF-8":         {guid, transfer.Aspect{Name: "\xff"}, transfer.TextInvalid},
		"half a surrogate pair":          {guid, transfer.Post{CreatedAt: when, Text: "\xed\xa0\xbc"}, transfer.TextInvalid},
		"a name of 71 characters":        {guid, transfer.Profile{FirstName: strings.Repeat("å", 71)}, transfer.TextTooLong},
		"text of 65,536 characters":      {guid, transfer.Post{CreatedAt: when, Text: strings.Repeat("å", 65536)}, transfer.TextTooLong},
		"six tags":                       {guid, transfer.Profile{Tags: strings.Split("abcdef", "")}, transfer.ItemInvalid},
		"aspects out of order":           {guid, transfer.Contact{ID: "a@b.example", Aspects: []string{guid, guid}}, transfer.ItemInvalid},
		"a public post with an audience": {guid, transfer.Post{CreatedAt: when, Public: true, Audience: []string{"a@b.example"}}, transfer.ItemInvalid},
		"a time without its decimals":    {guid, transfer.Post{CreatedAt: "2012-03-01T22:48:44Z"}, transfer.ItemInvalid},
		"a day that is none":             {guid, transfer.Post{CreatedAt: "2012-02-30T22:48:44.000Z"}, transfer.ItemInvalid},
		"a time in another zone":         {guid, transfer.Post{CreatedAt: "2012-03-01T22:48:44.000+01:00"}, transfer.ItemInvalid},
		"a poll without a guid":          {guid, transfer.Post{CreatedAt: when, Poll: &transfer.Poll{}}, transfer.GUIDInvalid},
		"a photo named like a page":      {guid, with(func(p *transfer.Photo) { p.Name = "0123456789abcdef.html" }), transfer.NameInvalid},
		"a photo named like a path":      {guid, with(func(p *transfer.Photo) { p.Name = "../0123456789abcdef.png" }), transfer.NameInvalid},
		"a photo that is SVG":            {guid, with(func(p *transfer.Photo) { p.Type = "image/svg+xml" }), transfer.ContentRefused},
		"a photo of no bytes":            {guid, with(func(p *transfer.Photo) { p.Size = 0 }), transfer.ItemInvalid},
		"a photo without a digest":       {guid, with(func(p *transfer.Photo) { p.SHA256 = "" }), transfer.ItemInvalid},
		"a digest in capitals":           {guid, with(func(p *transfer.Photo) { p.SHA256 = transfer.Digest(strings.ToUpper(string(p.SHA256))) }), transfer.ItemInvalid},
	} {
		t.Run(what, func(t *testing.T) {
			if e, err := transfer.Encode(c.guid, c.item); transfer.CodeOf(err) != c.code {
				t.Errorf("got %s and %v, want %s", e.Item, err, c.code)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, raw := range map[string]string{
		"an unknown member":                        `{"author":"me","name":"a"}`,
		"a member of another case":                 `{"Name":"a"}`,
		"a member of another type":                 `{"name":1}`,
		"a member that is missing":                 `{}`,
		"an object inside":                         `{"name":{}}`,
		"another spelling":                         `{"name": "a"}`,
		"a member that is left away when empty":    `{"name":""}`,
		"what Go reads as something else, U+FFFD":  `{"name":"` + "\xff" + `"}`,
		"what Go reads as something else, escaped": `{"name":"\ud800"}`,
	} {
		t.Run(what, func(t *testing.T) {
			if item, err := transfer.Decode[transfer.Aspect](transfer.Entry{GUID: guid, Item: json.RawMessage(raw)}); err == nil {
				t.Errorf("read as %+v", item)
			}
		})
	}
}

// FuzzDecode holds that an item that is read is written again as it was.
func FuzzDecode(f *testing.F) {
	kinds := []transfer.Item{transfer.Profile{}, transfer.Block{}, transfer.Aspect{}, transfer.Contact{}, transfer.Post{}, transfer.Photo{}}
	for _, item := range golden {
		raw, err := transfer.Canonical(item)
		if err != nil {
			f.Fatal(err)
		}
		kind := slices.IndexFunc(kinds, func(k transfer.Item) bool { return k.Collection() == item.Collection() })
		f.Add(uint8(kind), raw)
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		e := transfer.Entry{GUID: guid, Digest: transfer.Sum(raw), Item: raw}
		item, err := decodeAs(e, kinds[int(kind)%len(kinds)])
		if err != nil {
			return
		}
		again, err := transfer.Encode(guid, item)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%s was read, and written as %s: %v", raw, again.Item, err)
		}
	})
}
