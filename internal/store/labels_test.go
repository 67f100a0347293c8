package store_test

import (
	"testing"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/transfertest"
)

func TestLabels(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			f := transfertest.Made("aurora@pod.example")
			transfertest.Fill(t, p.Writer(t, "aurora", "elsewhere"), f)
			var items []transfer.Outcome
			for c, entries := range f.Entries {
				items = append(items, transfer.Outcome{Collection: c, GUID: entries[0].GUID})
			}
			items = append(items, transfer.Outcome{Collection: transfer.Posts, GUID: guidOf("nobody's")})
			labels, err := p.s.Labels(t.Context(), p.account(t, "aurora"), items)
			must(t, err)
			photo, err := transfer.Decode[transfer.Photo](f.Entries[transfer.Photos][0])
			must(t, err)
			if got := labels[transfer.Photos][f.Entries[transfer.Photos][0].GUID]; got != photo.Name {
				t.Errorf("the photo is %q, want %q", got, photo.Name)
			}
			contact, err := transfer.Decode[transfer.Contact](f.Entries[transfer.Contacts][0])
			must(t, err)
			if got := labels[transfer.Contacts][f.Entries[transfer.Contacts][0].GUID]; got != contact.ID {
				t.Errorf("the contact is %q, want %q", got, contact.ID)
			}
			if _, found := labels[transfer.Posts][guidOf("nobody's")]; found {
				t.Error("what is not there has a label")
			}
			strangers, err := p.s.Labels(t.Context(), p.account(t, "aurora")+1, items)
			must(t, err)
			for c, list := range strangers {
				if len(list) > 0 {
					t.Errorf("another account is told of %s", c)
				}
			}
		})
	}
}
