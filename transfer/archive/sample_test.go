package archive_test

import (
	"testing"

	"podmove/internal/sample"
	"podmove/transfer"
	"podmove/transfer/archive"
)

func TestSample(t *testing.T) {
	facts, err := sample.Write(t.TempDir(), "aurora@127.0.0.1:4001", 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := archive.OpenFiles(t.Context(), facts.Archive, facts.Photos, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m, err := r.Manifest(t.Context())
	if err != nil || len(m.Unsendable) != 0 || r.Owner().ID != facts.Owner {
		t.Errorf("of %s: unsendable %v: %v", r.Owner().ID, m.Unsendable, err)
	}
	want := map[transfer.Collection]int{
		transfer.Profiles: 1, transfer.Blocks: facts.Blocks, transfer.Aspects: facts.Aspects, transfer.Contacts: facts.Contacts,
		transfer.Posts: facts.Posts, transfer.Photos: facts.Attached + facts.Loose,
	}
	for _, sum := range m.Tallies {
		if sum.Count != int64(want[sum.Collection]) {
			t.Errorf("%s: %d, want %d", sum.Collection, sum.Count, want[sum.Collection])
		}
	}
	plan, err := r.Plan(t.Context())
	if sum := plan.Collections[len(plan.Collections)-1]; err != nil || sum.ContentBytes != facts.PhotoBytes {
		t.Errorf("planned %+v, want %d bytes of content: %v", sum, facts.PhotoBytes, err)
	}
}
