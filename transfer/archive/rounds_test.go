package archive

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"podmove/transfer"
)

func TestTally(t *testing.T) {
	var raw bytes.Buffer
	raw.WriteString(`{"version":"2.0","user":{"profile":{"entity_data":{"author":"aurora@old.example"}},"posts":[`)
	for i := range 101 {
		fmt.Fprintf(&raw, `{"entity_type":"status_message","entity_data":{"guid":"%032x","created_at":"2012-03-01T22:48:44Z"}},`, i*7919%1009)
	}
	raw.WriteString(`{}]}}`)
	r, err := Open(t.Context(), Options{Archive: io.NewSectionReader(bytes.NewReader(raw.Bytes()), 0, int64(raw.Len()))})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is the same in rounds of any size", func(t *testing.T) {
		want, err := r.tally(t.Context(), transfer.Posts, 1000)
		if err != nil || want.Count != 101 {
			t.Fatalf("%+v: %v", want, err)
		}
		for _, round := range []int{7, 50, 100, 101, 102} {
			if got, err := r.tally(t.Context(), transfer.Posts, round); err != nil || got != want {
				t.Errorf("in rounds of %d: %+v, want %+v: %v", round, got, want, err)
			}
		}
	})
}
