package store

import (
	"context"
	"slices"

	"podmove/redirects"
	"podmove/transfer"
)

// Live is redirects.Book's.
func (s *Store) Live(ctx context.Context, d redirects.Departure, items []transfer.LiveItem) (live []transfer.LiveItem, err error) {
	named := map[transfer.Collection][]transfer.LiveItem{}
	for _, item := range items {
		named[item.Collection] = append(named[item.Collection], item)
	}
	for _, c := range transfer.Collections() {
		if len(named[c]) == 0 {
			continue
		}
		some, err := s.liveOf(ctx, d, c, named[c])
		if err != nil {
			return nil, err
		}
		live = append(live, some...)
	}
	return live, nil
}

// liveOf is Live of one collection. A transfer that ended before it gave anything
// away may have no receipts: what it could carry and is still as it came is live,
// too, and who asks knows its digest (Protocol §7.2).
func (s *Store) liveOf(ctx context.Context, d redirects.Departure, c transfer.Collection, items []transfer.LiveItem) (live []transfer.LiveItem, err error) {
	sh, err := shelfOf(c)
	if err != nil {
		return nil, err
	}
	t, err := s.Transfer(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	guids := make([]string, len(items))
	came := map[transfer.LiveItem]bool{}
	for i, item := range items {
		guids[i], came[item] = item.GUID, true
	}
	unproved := d.State == transfer.Cancelled || d.State == transfer.ExpiredIdle
	if unproved && !slices.Contains(t.Collections, c) {
		return nil, nil
	}
	table := sh.table()
	q := s.live(ctx, sh, t.Scope())
	if !unproved {
		q = s.db(ctx).Table(table).Where(table+".account_id = ?", d.Account).
			Where("EXISTS (SELECT 1 FROM transfer_receipts AS r WHERE r.transfer_id = ? AND r.collection = ? AND r.guid = "+table+".guid)", d.ID, c)
	}
	var rows []standing
	err = q.Select(table+".guid, "+table+".digest").Where(table+".guid IN ?", guids).
		Where("NOT EXISTS ("+givenWith(table)+")", d.Account, wentAway, c, arrived).Order(table + ".guid").Find(&rows).Error
	for _, r := range rows {
		item := transfer.LiveItem{Collection: c, GUID: r.GUID, Digest: r.Digest}
		if !unproved || came[item] {
			live = append(live, item)
		}
	}
	return live, translate(err)
}

// givenWith finds the receipt with which an item was given to where its account
// has moved: whatever became of other transfers, that pod has to keep it.
func givenWith(table string) string {
	return `SELECT 1 FROM transfers AS stands JOIN transfer_receipts AS good ON good.transfer_id = stands.id
		WHERE stands.account_id = ? AND stands.state IN ? AND good.collection = ? AND good.guid = ` + table + `.guid
			AND good.outcome IN ? AND good.returned_at = 0`
}
