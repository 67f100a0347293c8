package transfer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"podmove/transfer"
)

// golden are the items whose bytes stand in testdata/golden. A change there
// changes digests in the middle of people's moves: it needs another Format.
var golden = map[string]transfer.Item{
	"profile": transfer.Profile{
		Avatar: "0123456789abcdef", Bio: "<b>&\u2028", Birthday: "1988-07-15", FirstName: "Aurora", Gender: "–", LastName: "Åström",
		Location: "Umeå", NSFW: true, Public: true, Searchable: true, Tags: []string{"art", "linux"},
	},
	"profile_empty":   transfer.Profile{},
	"block":           transfer.Block{ID: "troll@bad.example"},
	"aspect":          transfer.Aspect{Name: "Знакомые & <Friends>"},
	"contact":         transfer.Contact{Aspects: []string{"0123456789abcdef", "1123456789abcdef"}, ID: "a@127.0.0.1:4001", Receiving: true},
	"contact_empty":   transfer.Contact{ID: "a@b.example"},
	"post":            fullPost,
	"post_empty":      transfer.Post{CreatedAt: "2012-03-01T22:48:44.000Z"},
	"reshare":         transfer.Post{CreatedAt: "2012-03-01T22:48:44.001Z", Public: true, Root: &transfer.Root{Author: "a@b.example", GUID: "0123456789abcdef"}},
	"reshare_deleted": transfer.Post{CreatedAt: "2012-03-01T22:48:44.001Z", Public: true, Root: &transfer.Root{}},
	"photo": transfer.Photo{
		CreatedAt: "2012-03-01T22:48:44.000Z", Height: 496, Name: "9cc823151b8d34be81ec.gif", Public: true,
		SHA256: transfer.Sum(nil), Size: 1 << 20, Text: "seen\u2029", Type: "image/gif", Width: 564,
	},
	"photo_empty": transfer.Photo{CreatedAt: "2012-03-01T22:48:44.000Z", Name: "9cc823151b8d34be81ec.webp", SHA256: transfer.Sum(nil), Size: 1, Type: "image/webp"},
}

var fullPost = transfer.Post{
	Audience: []string{"b10@c.example", "b1@c.example"}, CreatedAt: "2012-03-01T22:48:44.999Z",
	Location: &transfer.Location{Address: "Berlin", Lat: "52.50", Lng: "-13.4"},
	Photos:   []string{"1123456789abcdef", "0123456789abcdef"},
	Poll: &transfer.Poll{GUID: "2123456789abcdef", Question: "tea <or> coffee?", Answers: []transfer.Answer{
		{GUID: "3123456789abcdef", Text: "tea"}, {GUID: "4123456789abcdef", Text: "чай"},
	}},
	Provider: "mobile", Text: "שלום \\u2028 \u2028 <&> \x1b \"🌲\"\r\n\t",
}

func TestGolden(t *testing.T) {
	for name, item := range golden {
		t.Run(name, func(t *testing.T) {
			e, err := transfer.Encode("0123456789abcdef0123456789abcdef", item)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "golden", name+".json")
			if os.Getenv("GOLDEN") == "write" {
				if err := os.WriteFile(file, e.Item, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(e.Item, want) || e.Digest != transfer.Sum(want) {
				t.Errorf("got  %s\nwant %s\nIf this is meant, raise Format; then run with GOLDEN=write.", e.Item, want)
			}
			got, err := decodeAs(e, item)
			if err != nil || !reflect.DeepEqual(got, item) {
				t.Errorf("read again: %+v, want %+v: %v", got, item, err)
			}
		})
	}
}

// decodeAs decodes e as an item of the kind of like.
func decodeAs(e transfer.Entry, like transfer.Item) (transfer.Item, error) {
	switch like.(type) {
	case transfer.Profile:
		return transfer.Decode[transfer.Profile](e)
	case transfer.Block:
		return transfer.Decode[transfer.Block](e)
	case transfer.Aspect:
		return transfer.Decode[transfer.Aspect](e)
	case transfer.Contact:
		return transfer.Decode[transfer.Contact](e)
	case transfer.Post:
		return transfer.Decode[transfer.Post](e)
	}
	return transfer.Decode[transfer.Photo](e)
}
