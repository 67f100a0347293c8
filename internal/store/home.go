package store

import (
	"context"

	"podmove/redirects"
	"podmove/transfer"
)

// wentAway are the states of a transfer in which its stubs are, or were, up.
var wentAway = []transfer.State{transfer.Redirecting, transfer.ErasingOld, transfer.Erased}

// given is what a page has to know of an own item that once went away.
type given struct {
	Digest transfer.Digest // as it was given
	Erased bool            // here, and it has not come back since
	Leads  bool            // its old address leads to the pod that the page is from
}

// departed are the account's moves away, oldest first: those that were undone,
// too, since what they gave may still be at the other pod.
func (s *Store) departed(ctx context.Context, account int64) (rows []departureRow, err error) {
	err = s.db(ctx).Where("account_id = ? AND purpose = ? AND redirect_at > 0 AND state IN ?", account, transfer.Move,
		append([]transfer.State{transfer.Undone}, wentAway...)).Order("redirect_at, id").Find(&rows).Error
	return rows, translate(err)
}

// givenAway is what of the items the account's moves away gave, by guid.
func (w *writer) givenAway(ctx context.Context, c transfer.Collection, guids []string) (map[string]given, error) {
	departed, err := w.store.departed(ctx, w.run.Account)
	items := map[string]given{}
	for _, d := range departed {
		leads, err := w.leadsTo(ctx, d)
		if err != nil {
			return nil, err
		}
		err = inChunks(guids, func(chunk []string) error {
			var rows []struct {
				GUID     string
				Digest   transfer.Digest
				Erased   bool
				Returned bool
			}
			err := w.store.db(ctx).Table("transfer_receipts").Select("guid, digest, erased_at > 0 AS erased, returned_at > 0 AS returned").
				Where("transfer_id = ? AND collection = ? AND guid IN ? AND outcome IN ?", d.ID, c, chunk, arrived).Find(&rows).Error
			for _, r := range rows {
				items[r.GUID] = given{Digest: r.Digest, Erased: r.Erased && !r.Returned, Leads: leads && !r.Returned}
			}
			return translate(err)
		})
		if err != nil {
			return nil, err
		}
	}
	return items, err
}

// leadsTo reports whether the old links of a departure lead to the pod that the
// page is from: because the account went there, or went on to there.
func (w *writer) leadsTo(ctx context.Context, d departureRow) (bool, error) {
	if d.State == string(transfer.Undone) {
		return false, nil
	}
	o, _, err := w.store.Onward(ctx, d.ID)
	there := transfer.OriginOf(d.Client) == w.run.Issuer || !o.Agreed.IsZero() && o.Origin == w.run.Issuer
	return there, err
}

// oldFiles are the addresses that the account's photos had here, by guid, where
// nothing has them now.
func (w *writer) oldFiles(ctx context.Context, sh shelf, guids []string) (map[string]string, error) {
	files := map[string]string{}
	if sh != shelf(photos{}) {
		return files, nil
	}
	return files, inChunks(guids, func(chunk []string) error {
		var rows []struct{ GUID, File string }
		err := w.store.db(ctx).Table("stubs").Select("guid, file").
			Where("account_id = ? AND collection = ? AND guid IN ?", w.run.Account, transfer.Photos, chunk).
			Where("NOT EXISTS (SELECT 1 FROM photos WHERE photos.file = stubs.file)").Order("id").Find(&rows).Error
		for _, r := range rows {
			files[r.GUID] = r.File
		}
		return translate(err)
	})
}

// comeHome takes down the stubs of items that are here again: they would lead
// away from what is here (Protocol §6.5). What is here again is not erased any
// more; it runs in the transaction of the page, under the account's lock, so
// that either it came before an erasing that spares it, or after one.
func (s *Store) comeHome(ctx context.Context, account int64, c transfer.Collection, guids []string) error {
	if len(guids) == 0 {
		return nil
	}
	return s.setHome(ctx, account, c, guids, true)
}

func (s *Store) setHome(ctx context.Context, account int64, c transfer.Collection, guids []string, home bool) error {
	departed, err := s.departed(ctx, account)
	if err != nil || len(departed) == 0 {
		return err
	}
	at := int64(0)
	if home {
		at = s.now().UnixMilli()
	}
	ids := make([]string, len(departed))
	for i, d := range departed {
		ids[i] = d.ID
	}
	return inChunks(guids, func(chunk []string) error {
		err := s.db(ctx).Table("stubs").Where("transfer_id IN ? AND collection = ? AND guid IN ?", ids, c, chunk).Update("home", home).Error
		if err != nil {
			return translate(err)
		}
		return translate(s.db(ctx).Table("transfer_receipts").Where("transfer_id IN ? AND collection = ? AND guid IN ?", ids, c, chunk).
			Update("returned_at", at).Error)
	})
}

// DeparturesOf is redirects.Book's.
func (s *Store) DeparturesOf(ctx context.Context, account int64) ([]redirects.Departure, error) {
	rows, err := s.departed(ctx, account)
	list := make([]redirects.Departure, 0, len(rows))
	for _, r := range rows {
		if r.State != string(transfer.Undone) {
			list = append(list, r.departure())
		}
	}
	return list, err
}

// GoAgain is redirects.Book's.
func (s *Store) GoAgain(ctx context.Context, d redirects.Departure) error {
	for _, c := range transfer.Collections() {
		var guids []string
		err := s.db(ctx).Table("transfer_receipts AS r").
			Joins("JOIN arrivals AS a ON a.account_id = ? AND a.issuer = ? AND a.collection = r.collection AND a.local_guid = r.guid AND NOT a.made", d.Account, d.Origin()).
			Where("r.transfer_id = ? AND r.collection = ? AND r.returned_at > 0 AND r.erased_at = 0", d.ID, c).Pluck("r.guid", &guids).Error
		if err != nil {
			return translate(err)
		}
		if err := s.setHome(ctx, d.Account, c, guids, false); err != nil {
			return err
		}
	}
	return nil
}
