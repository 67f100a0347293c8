package provider

import (
	"encoding/json"
	"strings"
	"testing"

	"podmove/oauth"
)

const goodDetails = `[{"type":"account_transfer","purpose":"copy","collections":["profile","posts"],"since":"2020-01-01T00:00:00Z","until":"2021-01-01T00:00:00Z","limited":true,"destination":"aurora@new.example:8443"}]`

func TestParseDetails(t *testing.T) {
	d, err := parseDetails(goodDetails)
	if err != nil || d.Purpose != "copy" || !d.Limited || d.Destination != "aurora@new.example:8443" {
		t.Fatalf("%+v, %v", d, err)
	}
	swap := func(old, new string) string { return strings.Replace(goodDetails, old, new, 1) }
	for _, c := range []struct{ name, raw string }{
		{"nothing", ""},
		{"no JSON", "["},
		{"something behind it", goodDetails + "x"},
		{"an object alone", strings.Trim(goodDetails, "[]") + "}"},
		{"two objects", swap("}]", "},"+strings.Trim(goodDetails, "[]")+"]")},
		{"none", "[]"},
		{"null", "[null]"},
		{"an unknown member", swap(`"purpose"`, `"actions":[],"purpose"`)},
		{"a member twice", swap(`"purpose"`, `"limited":false,"purpose"`)},
		{"a member in capitals", swap(`"purpose"`, `"Purpose"`)},
		{"another type", swap("account_transfer", "payment")},
		{"another purpose", swap(`"copy"`, `"steal"`)},
		{"an unknown collection", swap(`"posts"`, `"messages"`)},
		{"a collection twice", swap(`"posts"`, `"profile"`)},
		{"no collection", swap(`["profile","posts"]`, `[]`)},
		{"a span that ends before it begins", swap("2021", "2019")},
		{"a time of another zone", swap(`2020-01-01T00:00:00Z`, `2020-01-01T00:00:00+01:00`)},
		{"no time", swap("2020-01-01T00:00:00Z", "yesterday")},
		{"a destination that is no ID", swap("aurora@new.example:8443", "https://new.example")},
		{"a move with a span", swap(`"copy"`, `"move"`)},
		{"a number for a word", swap(`true`, `1`)},
		{"more than 4 KB", swap("profile", strings.Repeat("p", 5000))},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			if d, err := parseDetails(c.raw); err == nil {
				t.Errorf("took %+v", d)
			}
		})
	}
}

// Whatever is taken is written and taken again as the same thing.
func FuzzParseDetails(f *testing.F) {
	f.Add(goodDetails)
	f.Add(`[{"type":"account_transfer","purpose":"move","collections":["profile","blocks"],"limited":false,"destination":"a@b"}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := parseDetails(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal([]oauth.Details{d})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseDetails(string(again)); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}
