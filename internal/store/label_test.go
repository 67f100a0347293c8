package store

import (
	"strings"
	"testing"

	"podmove/transfer"
)

func TestLabel(t *testing.T) {
	for name, tt := range map[string]struct {
		item transfer.Item
		want string
	}{
		"of a photo is its file name":              {transfer.Photo{Name: "0123456789abcdef.png"}, "0123456789abcdef.png"},
		"of a post is its first words on one line": {transfer.Post{Text: "  one\n\ntwo\tthree"}, "one two three"},
		"of a long post ends in an ellipsis":       {transfer.Post{Text: strings.Repeat("é", 100)}, strings.Repeat("é", 59) + "…"},
		"of a huge post cuts no character in two":  {transfer.Post{Text: "a" + strings.Repeat("👨‍👩‍👧", 30_000)}, "a" + string([]rune(strings.Repeat("👨‍👩‍👧", 30))[:58]) + "…"},
		"of a contact is the ID":                   {transfer.Contact{ID: "boreal@old.example"}, "boreal@old.example"},
		"of an aspect is its name":                 {transfer.Aspect{Name: "Family"}, "Family"},
		"of what could not be read is empty":       {nil, ""},
		"of a profile is empty: there is only one": {transfer.Profile{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := labelOf(tt.item); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
