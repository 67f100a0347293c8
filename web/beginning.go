package web

import (
	"strings"
	"unicode/utf8"
)

// A list shows the beginning of a post that is longer than longest; a post may
// have 65,535 characters, and a list many posts.
const (
	longest  = 3_000 // bytes
	shortest = 1_000 // of a beginning, if it can end with a paragraph
)

// beginning is what a list shows of a text, and whether there is more. It ends
// with a paragraph or else with a word where it can.
func beginning(text string) (shown string, more bool) {
	if len(text) <= longest {
		return text, false
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	shown = text[:cut]
	for _, end := range []string{"\n\n", "\n", " "} {
		if i := strings.LastIndex(shown, end); i >= shortest {
			return shown[:i], true
		}
	}
	return shown, true
}
