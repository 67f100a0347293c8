package store

import (
	"context"
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

// labelColumns are the columns that labels are made of.
var labelColumns = map[transfer.Collection]string{
	transfer.Posts: "text", transfer.Photos: "name", transfer.Aspects: "name", transfer.Contacts: "person", transfer.Blocks: "person",
}

// Labels are what the owner of an account knows its items by, by collection and
// guid. What is not there, or has no label, is left out.
func (s *Store) Labels(ctx context.Context, account int64, items []transfer.Outcome) (map[transfer.Collection]map[string]string, error) {
	labels := map[transfer.Collection]map[string]string{}
	for c, column := range labelColumns {
		var guids []string
		for _, item := range items {
			if item.Collection == c {
				guids = append(guids, item.GUID)
			}
		}
		if len(guids) == 0 {
			continue
		}
		var rows []struct{ GUID, Label string }
		if err := s.among(ctx, string(c), account, "guid", guids).Select("guid, " + column + " AS label").Find(&rows).Error; err != nil {
			return nil, translate(err)
		}
		labels[c] = make(map[string]string, len(rows))
		for _, r := range rows {
			labels[c][r.GUID] = shortened(r.Label)
		}
	}
	return labels, nil
}
