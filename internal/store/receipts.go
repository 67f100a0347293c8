package store

import (
	"context"

	"gorm.io/gorm/clause"

	"podmove/transfer"
	"podmove/transfer/source"
)

// receiptRow is a row of transfer_receipts. The columns that it leaves out
// belong to the asking for holdings.
type receiptRow struct {
	TransferID string `gorm:"primaryKey"`
	Collection string `gorm:"primaryKey"`
	GUID       string `gorm:"primaryKey;column:guid"`
	Digest     string
	Outcome    string
	Reason     string
	URL        string `gorm:"column:url"`
}

func (receiptRow) TableName() string { return "transfer_receipts" }

func (r receiptRow) outcome() transfer.Outcome {
	return transfer.Outcome{
		Collection: transfer.Collection(r.Collection), GUID: r.GUID, Digest: transfer.Digest(r.Digest),
		Result: transfer.Result(r.Outcome), Reason: transfer.Code(r.Reason), URL: r.URL,
	}
}

// SaveReceipts stores outcomes; the last word on an item counts, in the list as
// well as in the table.
func (s *Store) SaveReceipts(ctx context.Context, id string, list []transfer.Outcome) error {
	type item struct {
		collection transfer.Collection
		guid       string
	}
	at := make(map[item]int, len(list))
	rows := make([]receiptRow, 0, len(list))
	for _, o := range list {
		row := receiptRow{id, string(o.Collection), o.GUID, string(o.Digest), string(o.Result), string(o.Reason), o.URL}
		if i, twice := at[item{o.Collection, o.GUID}]; twice {
			rows[i] = row
			continue
		}
		at[item{o.Collection, o.GUID}] = len(rows)
		rows = append(rows, row)
	}
	return s.db(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "transfer_id"}, {Name: "collection"}, {Name: "guid"}},
		DoUpdates: clause.AssignmentColumns([]string{"digest", "outcome", "reason", "url"}),
	}).CreateInBatches(rows, s.batch()).Error
}

// Receipts lists a collection's outcomes in bytewise order of guid.
func (s *Store) Receipts(ctx context.Context, id string, c transfer.Collection, after string, limit int) ([]transfer.Outcome, error) {
	var rows []receiptRow
	err := s.db(ctx).Where("transfer_id = ? AND collection = ? AND guid > ?", id, string(c), after).
		Order("guid").Limit(limit).Find(&rows).Error
	return outcomes(rows), err
}

// Leftovers lists outcomes of items that did not arrive.
func (s *Store) Leftovers(ctx context.Context, id string, after transfer.Outcome, limit int) ([]transfer.Outcome, error) {
	var rows []receiptRow
	err := s.left(ctx, id).Where("r.outcome IN ?", notArrived).
		Where("(r.collection, r.guid) > (?, ?)", string(after.Collection), after.GUID).
		Order("r.collection, r.guid").Limit(limit).Find(&rows).Error
	return outcomes(rows), err
}

func outcomes(rows []receiptRow) []transfer.Outcome {
	list := make([]transfer.Outcome, len(rows))
	for i, row := range rows {
		list[i] = row.outcome()
	}
	return list
}

// readRow is a row of transfer_reads.
type readRow struct {
	TransferID string `gorm:"primaryKey"`
	Collection string `gorm:"primaryKey"`
	Entries    int64
}

func (readRow) TableName() string { return "transfer_reads" }

// CountRead adds to the number of entries read of a collection.
func (s *Store) CountRead(ctx context.Context, id string, c transfer.Collection, entries int) error {
	return s.db(ctx).Exec("INSERT INTO transfer_reads (transfer_id, collection, entries) VALUES (?, ?, ?)"+
		" ON CONFLICT (transfer_id, collection) DO UPDATE SET entries = transfer_reads.entries + excluded.entries",
		id, string(c), entries).Error
}

// Progress counts, per collection, entries read and items with a receipt.
func (s *Store) Progress(ctx context.Context, id string) (map[transfer.Collection]source.Progress, error) {
	var read, received []struct {
		Collection string
		N          int64
	}
	err := s.db(ctx).Model(&readRow{}).Select("collection, entries AS n").Where("transfer_id = ?", id).Scan(&read).Error
	if err != nil {
		return nil, err
	}
	err = s.db(ctx).Model(&receiptRow{}).Select("collection, count(*) AS n").
		Where("transfer_id = ?", id).Group("collection").Scan(&received).Error
	progress := make(map[transfer.Collection]source.Progress)
	for _, r := range read {
		progress[transfer.Collection(r.Collection)] = source.Progress{Read: r.N}
	}
	for _, r := range received {
		p := progress[transfer.Collection(r.Collection)]
		p.Received = r.N
		progress[transfer.Collection(r.Collection)] = p
	}
	return progress, err
}
