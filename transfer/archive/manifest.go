package archive

import (
	"cmp"
	"context"
	"slices"

	"podmove/transfer"
)

// round is how many items' digests are held at once: about 20 MB.
const round = 100_000

// Manifest is part of transfer.Reader. An archive signs nothing; this is what
// its pages amount to.
func (r *Reader) Manifest(ctx context.Context) (transfer.Manifest, error) {
	m := transfer.Manifest{Format: transfer.Format, Unsendable: map[string]int64{}}
	m.Transfer = r.index.fingerprint
	for _, c := range transfer.Collections() {
		sum, err := r.tally(ctx, c, round)
		if err != nil {
			return transfer.Manifest{}, err
		}
		m.Tallies = append(m.Tallies, sum)
		if n := r.sizes[c].Count - sum.Count; n > 0 {
			m.Unsendable[string(c)] = n
		}
	}
	return m, nil
}

// A line is what an item adds to a tally.
type line struct {
	guid   string
	digest transfer.Digest
}

// tally sums up a collection in the order of its guids, without holding all of
// them: each round reads the whole and keeps the lowest that were not summed up
// yet.
func (r *Reader) tally(ctx context.Context, c transfer.Collection, round int) (transfer.Tally, error) {
	sum := transfer.NewTallier(c)
	for last := ""; ; {
		lines, err := r.lowest(ctx, c, last, round)
		if err != nil {
			return transfer.Tally{}, err
		}
		for _, l := range lines {
			sum.Add(l.guid, l.digest)
			last = l.guid
		}
		if len(lines) < round {
			return sum.Tally(), nil
		}
	}
}

// lowest are the lines with the n lowest guids above last.
func (r *Reader) lowest(ctx context.Context, c transfer.Collection, last string, n int) ([]line, error) {
	w, err := r.walkFrom(ctx, c, 0)
	if err != nil {
		return nil, err
	}
	var lines []line
	for {
		e, err := w.peek(ctx, r)
		switch {
		case err != nil:
			return nil, err
		case e == nil:
			return cut(lines, n), nil
		case e.Unsendable == "" && e.GUID > last:
			if lines = append(lines, line{e.GUID, e.Digest}); len(lines) == 2*n {
				lines = cut(lines, n)
			}
		}
		w.held = nil
	}
}

func cut(lines []line, n int) []line {
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.guid, b.guid) })
	return lines[:min(n, len(lines))]
}
