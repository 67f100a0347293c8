package audit

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// book is a chain in memory.
type book struct {
	rows []Row
	head Head
}

func (b book) AuditHead(context.Context) (Head, error) { return b.head, nil }

func (b book) AuditRows(_ context.Context, after int64, limit int) (list []Row, err error) {
	for _, r := range b.rows {
		if r.Number > after && len(list) < limit {
			list = append(list, r)
		}
	}
	return list, nil
}

func chained(ctx context.Context, n int) (b book) {
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Record{Kind: KeyAdded}.Entry(ctx)
	}
	b.rows, b.head = Chain(start, time.UnixMilli(1), entries)
	return b
}

// TestVerify changes a row and makes its hash fit again.
func TestVerify(t *testing.T) {
	whole := chained(t.Context(), atOnce+10)
	for what, c := range map[string]struct {
		row    int64 // that is changed; zero: none
		noted  Head
		broken int64 // zero: none
	}{
		"a whole chain":                               {},
		"a whole chain, as it was noted":              {noted: Head{5, whole.rows[4].Hash}},
		"a changed row shows at the next":             {row: 5, broken: 6},
		"the last row of a batch":                     {row: atOnce, broken: atOnce + 1},
		"the last row shows at the kept head":         {row: atOnce + 10, broken: atOnce + 10},
		"a chain that is not the one that was noted":  {noted: Head{5, whole.rows[5].Hash}, broken: 5},
		"a chain that is shorter than the one noted":  {noted: Head{2 * atOnce, whole.head.Hash}, broken: atOnce + 11},
		"an empty chain was noted, and nothing shows": {noted: start},
		"what was noted is the last row, as it was":   {noted: whole.head},
		"the first of all rows is changed":            {row: 1, broken: 2},
	} {
		t.Run(what, func(t *testing.T) {
			b := book{slices.Clone(whole.rows), whole.head}
			if c.row > 0 {
				r := &b.rows[c.row-1]
				r.Actor = string(Podmin)
				r.Hash = r.sum()
			}
			head, err := Verify(t.Context(), b, c.noted)
			broken, isBroken := errors.AsType[Broken](err)
			if isBroken != (c.broken > 0) || broken.Number != c.broken || !isBroken && (err != nil || head != whole.head) {
				t.Errorf("%v %v", head, err)
			}
		})
	}
}
