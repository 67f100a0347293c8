package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/transfer"
)

// An arrivalRow is what came under one guid from one source account, and what
// became of it here (Protocol §3.8).
type arrivalRow struct {
	AccountID     int64
	Issuer        string
	SourceAccount string
	Collection    transfer.Collection
	GUID          string // at the source
	Run           string
	Digest        transfer.Digest // as it came; empty where nothing came
	Outcome       transfer.Result
	Reason        transfer.Code
	LocalGUID     string          `gorm:"column:local_guid"` // of the row here; empty if there is none
	URL           string          `gorm:"column:url"`
	Made          bool            // the row was made for it
	Brought       transfer.Digest // of the row, as this origin last wrote it
	Sent          bool
	Label         string // what a person knows the item by
}

var arrivalKey = []clause.Column{
	{Name: "account_id"}, {Name: "issuer"}, {Name: "source_account"}, {Name: "collection"}, {Name: "guid"},
}

var arrivalColumns = []string{
	"run", "digest", "outcome", "reason", "local_guid", "url", "made", "brought", "sent", "label",
}

func (r arrivalRow) outcome() transfer.Outcome {
	return transfer.Outcome{Collection: r.Collection, GUID: r.GUID, Digest: r.Digest, Result: r.Outcome, Reason: r.Reason, URL: r.URL}
}

// unseenIn is the run of an arrival that the run has to see once more, since
// its collection is read from nothing again.
func unseenIn(run string) string { return "~" + run }

// fromOrigin queries what ever came from a run's origin.
func (w *writer) fromOrigin(ctx context.Context) *gorm.DB {
	return w.store.db(ctx).Table("arrivals").
		Where("account_id = ? AND issuer = ? AND source_account = ?", w.run.Account, w.run.Issuer, w.run.SourceAccount)
}

// arrivals are those of a run's origin among guids.
func (w *writer) arrivals(ctx context.Context, c transfer.Collection, guids []string) (map[string]arrivalRow, error) {
	var rows []arrivalRow
	origin := where{}.and("account_id = ? AND issuer = ? AND source_account = ? AND collection = ?",
		w.run.Account, w.run.Issuer, w.run.SourceAccount, c)
	err := w.store.lookUp(ctx, "arrivals", "guid", guids, origin).Find(&rows).Error
	known := make(map[string]arrivalRow, len(rows))
	for _, r := range rows {
		known[r.GUID] = r
	}
	return known, translate(err)
}

func (s *Store) saveArrivals(ctx context.Context, rows []arrivalRow) error {
	if len(rows) == 0 {
		return nil
	}
	conflict := clause.OnConflict{Columns: arrivalKey, DoUpdates: clause.AssignmentColumns(arrivalColumns)}
	return translate(s.db(ctx).Table("arrivals").Clauses(conflict).CreateInBatches(rows, s.batch()).Error)
}

// dropUnseen counts as deleted what a collection no longer had when it was read
// from nothing again (Protocol §4.2), by the same rules as a deletion.
func (w *writer) dropUnseen(ctx context.Context, sh shelf) error {
	for {
		var rows []arrivalRow
		err := w.fromOrigin(ctx).
			Where("run = ? AND collection = ?", unseenIn(w.run.ID), collectionOf(sh)).
			Order("guid").Limit(transfer.MaxPageItems).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return translate(err)
		}
		list := make([]incoming, len(rows))
		for i, r := range rows {
			list[i] = incoming{entry: transfer.Entry{GUID: r.GUID, Deleted: true}}
		}
		d, err := w.survey(ctx, sh, list)
		if err != nil {
			return err
		}
		for _, in := range list {
			d.decide(in)
		}
		if err := w.apply(ctx, sh, d); err != nil {
			return err
		}
	}
}
