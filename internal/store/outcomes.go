package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"podmove/transfer"
	"podmove/transfer/destination"
)

var _ destination.Arrivals = (*Store)(nil)

// StartOver is destination.Arrivals'. What does not come again until the
// collection has caught up counts as deleted (Protocol §4.2).
func (s *Store) StartOver(ctx context.Context, run string, c transfer.Collection) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		err := s.db(ctx).Table("arrivals").Where("run = ? AND collection = ?", run, c).Update("run", unseenIn(run)).Error
		if err != nil {
			return translate(err)
		}
		return translate(s.db(ctx).Table("progress").Where("run = ? AND collection = ?", run, c).Delete(&progressRow{}).Error)
	})
}

// Seen is destination.Arrivals'.
func (s *Store) Seen(ctx context.Context, run string) error {
	return translate(s.db(ctx).Table("arrivals").Where("run = ?", unseenIn(run)).Update("run", run).Error)
}

// Unsent is destination.Arrivals'.
func (s *Store) Unsent(ctx context.Context, run string, limit int) ([]transfer.Outcome, error) {
	var rows []arrivalRow
	err := s.db(ctx).Table("arrivals").Where("run = ? AND NOT sent", run).
		Order("collection, guid").Limit(limit).Find(&rows).Error
	return outcomesOf(rows), translate(err)
}

func outcomesOf(rows []arrivalRow) []transfer.Outcome {
	list := make([]transfer.Outcome, len(rows))
	for i, r := range rows {
		list[i] = r.outcome()
	}
	return list
}

// MarkSent is destination.Arrivals'. An item that changed since it was listed
// stays unsent.
func (s *Store) MarkSent(ctx context.Context, run string, list []transfer.Outcome) error {
	list = slices.SortedFunc(slices.Values(list), func(a, b transfer.Outcome) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.GUID, b.GUID))
	})
	return inChunks(list, func(chunk []transfer.Outcome) error {
		for len(chunk) > 0 {
			n := 1
			for n < len(chunk) && chunk[n].Collection == chunk[0].Collection {
				n++
			}
			if err := s.markSent(ctx, run, chunk[:n]); err != nil {
				return err
			}
			chunk = chunk[n:]
		}
		return nil
	})
}

// markSent marks outcomes of one collection, sorted by guid: the first and the
// last bound what the database has to look at.
func (s *Store) markSent(ctx context.Context, run string, list []transfer.Outcome) error {
	args := []any{run, list[0].Collection, list[0].GUID, list[len(list)-1].GUID}
	for _, o := range list {
		args = append(args, o.GUID, o.Digest, o.Result)
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?),", len(list)), ",")
	return translate(s.db(ctx).Exec("UPDATE arrivals SET sent = TRUE"+
		" WHERE run = ? AND collection = ? AND guid >= ? AND guid <= ? AND NOT sent"+
		" AND (guid, digest, outcome) IN (VALUES "+rows+")", args...).Error)
}

// MarkUnsent is destination.Arrivals'.
func (s *Store) MarkUnsent(ctx context.Context, run string, guids []string) error {
	q := s.db(ctx).Table("arrivals").Where("run = ?", run)
	if len(guids) == 0 {
		return translate(q.Update("sent", false).Error)
	}
	return inChunks(guids, func(chunk []string) error {
		return translate(s.db(ctx).Table("arrivals").Where("run = ? AND guid IN ?", run, chunk).Update("sent", false).Error)
	})
}

// Counts is destination.Arrivals'.
func (s *Store) Counts(ctx context.Context, run string) (list []destination.Count, err error) {
	err = s.runs(ctx, run).
		Select("collection, outcome AS result, count(*) AS items").
		Group("collection, outcome").Order("collection, outcome").Find(&list).Error
	return list, translate(err)
}

// Outcomes is destination.Arrivals'.
func (s *Store) Outcomes(ctx context.Context, run string, after transfer.Outcome, limit int, wanted ...transfer.Result) ([]destination.Arrival, error) {
	q := s.runs(ctx, run).Where("(collection, guid) > (?, ?)", after.Collection, after.GUID)
	if len(wanted) > 0 {
		q = q.Where("outcome IN ?", wanted)
	}
	var rows []arrivalRow
	err := q.Order("collection, guid").Limit(limit).Find(&rows).Error
	list := make([]destination.Arrival, len(rows))
	for i, r := range rows {
		list[i] = destination.Arrival{Outcome: r.outcome(), Label: r.Label}
	}
	return list, translate(err)
}
