package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// left queries the receipts r of a transfer for what has not arrived since, with
// one that completed it (Protocol §5.5).
func (s *Store) left(ctx context.Context, id string) *gorm.DB {
	return s.db(ctx).Table("transfer_receipts AS r").Where("r.transfer_id = ?", id).Where(notSince("r"), wentAway, arrived)
}

// notArrived are the results with which an item stays at its source.
var notArrived = []transfer.Result{transfer.Skipped, transfer.Failed}

// notSince is whether an item, by its receipt, has not arrived with a transfer
// that completed the receipt's. It takes wentAway and arrived.
func notSince(receipt string) string {
	return `NOT EXISTS (SELECT 1 FROM transfers AS later JOIN transfer_receipts AS came ON came.transfer_id = later.id
		WHERE later.retries = ` + receipt + `.transfer_id AND later.state IN ? AND came.outcome IN ?
			AND came.collection = ` + receipt + `.collection AND came.guid = ` + receipt + `.guid)`
}

// AddItems is source.Transfers'.
func (s *Store) AddItems(ctx context.Context, t source.Transfer, items []transfer.ItemName) (n int64, err error) {
	named := map[transfer.Collection][]string{}
	for _, item := range items {
		named[item.Collection] = append(named[item.Collection], item.GUID)
	}
	for _, c := range t.Collections {
		failed := s.left(ctx, t.Retries).Where("r.outcome = ? AND r.collection = ?", transfer.Failed, c)
		if guids := named[c]; len(guids) > 0 {
			failed = failed.Where("r.guid IN ?", guids)
		}
		done := s.db(ctx).Exec("INSERT INTO transfer_items (transfer_id, collection, guid) ?",
			failed.Select("CAST(? AS TEXT), r.collection, r.guid", t.ID))
		if n += done.RowsAffected; done.Error != nil {
			return n, translate(done.Error)
		}
	}
	return n, nil
}

// Left is redirects.Book's.
func (s *Store) Left(ctx context.Context, d redirects.Departure) (n int64, err error) {
	err = s.left(ctx, d.ID).Where("r.outcome IN ?", notArrived).Count(&n).Error
	return n, translate(err)
}

// keptBy are the transfers of which a departure erases items: its own, and, if it
// completes a move, what that move could not erase as long as something was left
// here (Protocol §5.3).
func (s *Store) keptBy(ctx context.Context, d redirects.Departure) *gorm.DB {
	q := s.db(ctx).Table("transfers AS own").Select("own.id").Where("own.id = ?", d.ID)
	if d.Retries != "" {
		q = q.Or("own.state = ? AND (own.id = ? OR own.retries = ?)", transfer.Erased, d.Retries, d.Retries)
	}
	return q
}

// runs narrows arrivals to those of a run and, if that is a move, of the moves
// that completed it.
func (s *Store) runs(ctx context.Context, run string) *gorm.DB {
	return s.db(ctx).Table("arrivals").Where("(run = ? OR run IN (SELECT id FROM moves WHERE retries = ?))", run, run)
}

// FailedOf is destination.Arrivals'.
func (s *Store) FailedOf(ctx context.Context, run string, c transfer.Collection, guids []string) (map[string]transfer.Code, error) {
	failed := map[string]transfer.Code{}
	return failed, inChunks(guids, func(chunk []string) error {
		var rows []arrivalRow
		err := s.db(ctx).Table("arrivals").Where("run IN ? AND collection = ? AND outcome = ? AND guid IN ?",
			[]string{run, unseenIn(run)}, c, transfer.Failed, chunk).Find(&rows).Error
		for _, r := range rows {
			failed[r.GUID] = r.Reason
		}
		return translate(err)
	})
}
