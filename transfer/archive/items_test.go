package archive_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
)

const postGUID = "00000000000000000000000000000001"

func post(guid, rest string) string {
	return `{"entity_type":"status_message","entity_data":{"guid":"` + guid + `","created_at":"2012-03-01T22:48:44Z"` + rest + `}}`
}

// read gives all entries of a collection of an archive whose user has one
// member more.
func read(t *testing.T, member string, photos []byte, limits archive.Limits, c transfer.Collection) []transfer.Entry {
	t.Helper()
	raw := []byte(head + "," + member + "}}")
	r, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Photos: section(photos), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Page(t.Context(), c, "", 1000)
	if err != nil || !p.CaughtUp {
		t.Fatalf("not one page: %v", err)
	}
	for _, e := range p.Entries {
		if err := e.CheckWire(); err != nil || !transfer.ValidGUID(e.GUID) {
			t.Errorf("%+v breaks the rules of the wire: %v", e, err)
		}
	}
	plan, err := r.Plan(t.Context())
	at := slices.Index(transfer.Collections(), c)
	if err != nil || plan.Collections[at].Count != int64(len(p.Entries)) {
		t.Errorf("planned %+v, and %d came: %v", plan.Collections[at], len(p.Entries), err)
	}
	return p.Entries
}

func TestItemsFailAlone(t *testing.T) {
	good := post(postGUID, `,"public":true,"text":"fine"`)
	for _, c := range []struct {
		what, item string
		code       transfer.Code
		keeps      bool // its guid
	}{
		{"NUL in text", post("00000000000000000000000000000002", `,"public":true,"text":"a\u0000b"`), transfer.TextInvalid, true},
		{"a raw NUL", post("00000000000000000000000000000002", `,"public":true,"text":"a`+"\x00"+`b"`), transfer.TextInvalid, false},
		{"half of a surrogate pair", post("00000000000000000000000000000002", `,"public":true,"text":"\ud83c and"`), transfer.TextInvalid, true},
		{"the other half", post("00000000000000000000000000000002", `,"public":true,"text":"\udf32"`), transfer.TextInvalid, true},
		{"two first halves", post("00000000000000000000000000000002", `,"public":true,"text":"\ud83c\ud83c\udf32"`), transfer.TextInvalid, true},
		{"bytes that are not UTF-8", post("00000000000000000000000000000002", `,"public":true,"text":"`+"\xff"+`"`), transfer.TextInvalid, true},
		{"text beyond the bound", post("00000000000000000000000000000002", `,"public":true,"text":"`+strings.Repeat("x", transfer.MaxText+1)+`"`), transfer.TextTooLong, true},
		{"a guid that is none", post("../../../../etc/passwd", `,"public":true`), transfer.GUIDInvalid, false},
		{"a guid that came before", post(postGUID, `,"public":true,"text":"again"`), transfer.Duplicate, false},
		{"a time that is none", `{"entity_type":"status_message","entity_data":{"guid":"00000000000000000000000000000002","created_at":"yesterday"}}`, transfer.ItemInvalid, true},
		{"another kind of thing", `{"entity_type":"comment","entity_data":{"guid":"00000000000000000000000000000002"}}`, transfer.ItemInvalid, true},
		{"a member of another type", post("00000000000000000000000000000002", `,"text":7`), transfer.ItemInvalid, true},
		{"nesting that would exhaust a stack", post("00000000000000000000000000000002", `,"public":`+strings.Repeat("[", 44_000)+strings.Repeat("]", 44_000)), transfer.ItemInvalid, false},
		{"a number", `7`, transfer.ItemInvalid, false},
		{"null", `null`, transfer.ItemInvalid, false},
		{"an item beyond the bound", post("00000000000000000000000000000002", `,"x":"`+strings.Repeat("x", 100_000)+`"`), transfer.TooLarge, false},
		{"a reshare of what has no guid", `{"entity_type":"reshare","entity_data":{"guid":"00000000000000000000000000000002","created_at":"2012-03-01T22:48:44Z","root_guid":"x"}}`, transfer.GUIDInvalid, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			list := read(t, `"posts":[`+good+","+c.item+`,`+post("00000000000000000000000000000003", "")+`]`, nil, archive.Limits{ItemBytes: 90_000}, transfer.Posts)
			if len(list) != 3 || list[0].GUID != postGUID || list[0].Unsendable != "" || list[2].Unsendable != "" {
				t.Fatalf("the posts around it: %+v", list)
			}
			if got := list[1]; got.Unsendable != c.code || (got.GUID == "00000000000000000000000000000002") != c.keeps {
				t.Errorf("got %s under %s, want %s", got.Unsendable, got.GUID, c.code)
			}
		})
	}
}

func TestPosts(t *testing.T) {
	for _, c := range []struct{ what, item, want string }{
		{
			"a limited post names those who may see it, and no pods",
			`{"entity_type":"status_message","entity_data":{"guid":"` + postGUID + `","created_at":"2012-03-01T22:48:44Z","public":false,"text":"<&>\u2028\ud83c\udf32"},"subscribed_users_ids":["Zoe@b.example","a@b.example","","https://pod.example/","a@b.example"]}`,
			`{"audience":["a@b.example","zoe@b.example"],"created_at":"2012-03-01T22:48:44.000Z","public":false,"text":"<&>` + "\u2028🌲" + `"}`,
		},
		{
			"a public post names nobody",
			`{"entity_type":"status_message","entity_data":{"guid":"` + postGUID + `","created_at":"2012-03-01T22:48:44.1239+01:00","public":true,"text":""},"subscribed_users_ids":["a@b.example"]}`,
			`{"created_at":"2012-03-01T21:48:44.123Z","public":true}`,
		},
		{
			"a reshare is public",
			`{"entity_type":"reshare","entity_data":{"guid":"` + postGUID + `","created_at":"2012-03-01 22:48:44 UTC","root_author":"A@b.example","root_guid":"0000000000000009"}}`,
			`{"created_at":"2012-03-01T22:48:44.000Z","public":true,"root":{"author":"a@b.example","guid":"0000000000000009"}}`,
		},
		{
			"null members are as good as none",
			post(postGUID, `,"public":true,"text":null,"location":null,"poll":null,"photos":null,"provider_display_name":null`),
			`{"created_at":"2012-03-01T22:48:44.000Z","public":true}`,
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			list := read(t, `"posts":[`+c.item+`]`, nil, archive.Limits{}, transfer.Posts)
			if len(list) != 1 || list[0].GUID != postGUID || string(list[0].Item) != c.want {
				t.Errorf("got  %s %s\nwant %s", list[0].Unsendable, list[0].Item, c.want)
			}
		})
	}
	t.Run("a post without a guid has the same one each time, and another than its neighbour", func(t *testing.T) {
		posts := `"posts":[` + strings.Replace(post("", `,"text":"a"`), `"guid":"",`, "", 1) + "," + post("", `,"text":"b"`) + "]"
		a, b := read(t, posts, nil, archive.Limits{}, transfer.Posts), read(t, posts, nil, archive.Limits{}, transfer.Posts)
		if a[0].GUID != b[0].GUID || a[0].GUID == a[1].GUID || a[0].Unsendable != "" {
			t.Errorf("got %+v and %+v", a, b)
		}
	})
}

func TestPeople(t *testing.T) {
	const members = `"contact_groups":[{"name":"Family"},{"name":"Work"},{"name":"Family"},{"name":""}],
		"contacts":[{"account_id":"a@b.example","contact_groups_membership":["Work","Family","Work","Gone"],"sharing":true,"receiving":false},
			{"account_id":"A@B.example"},{"account_id":"nobody"}],
		"blocks":["troll@b.example","troll@b.example",7,"x"]`
	for c, want := range map[transfer.Collection][]string{
		transfer.Aspects:  {`{"name":"Family"}`, `{"name":"Work"}`, "duplicate", "item-invalid"},
		transfer.Contacts: {`{"aspects":["%s","%s"],"id":"a@b.example","receiving":false}`, "duplicate", "item-invalid"},
		transfer.Blocks:   {`{"id":"troll@b.example"}`, "duplicate", "item-invalid", "item-invalid"},
	} {
		t.Run(string(c), func(t *testing.T) {
			aspects := read(t, members, nil, archive.Limits{}, transfer.Aspects)
			in := []any{aspects[0].GUID, aspects[1].GUID}
			slices.SortFunc(in, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			if c == transfer.Contacts {
				want[0] = fmt.Sprintf(want[0], in...)
			}
			var got []string
			for _, e := range read(t, members, nil, archive.Limits{}, c) {
				got = append(got, string(e.Item)+string(e.Unsendable))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}
