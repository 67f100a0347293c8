package store

import (
	"context"

	"podmove/transfer"
)

// Tally is transfer.Writer's. It counts what this run has seen: an item that
// an earlier run brought, and that the source has no more, is in neither sum.
func (w *writer) Tally(ctx context.Context) (came, arrived []transfer.Tally, err error) {
	for _, c := range transfer.Collections() {
		all, some := transfer.NewTallier(c), transfer.NewTallier(c)
		q := w.fromOrigin(ctx).Where("run = ? AND collection = ? AND digest <> ''", w.run.ID, c).
			Select("guid", "digest", "outcome").Order("guid")
		err := readRows(q, func(r *arrivalRow) bool {
			all.Add(r.GUID, r.Digest)
			if r.Outcome.Arrived() {
				some.Add(r.GUID, r.Digest)
			}
			return true
		})
		if err != nil {
			return nil, nil, err
		}
		came, arrived = append(came, all.Tally()), append(arrived, some.Tally())
	}
	return came, arrived, nil
}
