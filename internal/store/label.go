package store

import (
	"strings"

	"podmove/transfer"
)

// maxLabel is the most of a text that a label shows, in characters.
const maxLabel = 60

// labelOf is what a person knows an item by, where its guid would tell them
// nothing: the file name of a photo, the first words of a post, a name, an ID.
func labelOf(item transfer.Item) string {
	switch item := item.(type) {
	case transfer.Post:
		return shortened(item.Text)
	case transfer.Photo:
		return item.Name
	case transfer.Aspect:
		return shortened(item.Name)
	}
	return personOf(item)
}

// shortened is the beginning of a text, on one line.
func shortened(text string) string {
	text = strings.Join(strings.Fields(text[:min(len(text), 8*maxLabel)]), " ")
	text = strings.ToValidUTF8(text, "")
	if r := []rune(text); len(r) > maxLabel {
		text = string(r[:maxLabel-1]) + "…"
	}
	return text
}
