package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"podmove/transfer"
	"podmove/transfer/source"
)

// ExplainPage shows tests how the database would read a page of a collection.
func (s *Store) ExplainPage(ctx context.Context, sc source.Scope, c transfer.Collection, after, mark int64) (string, error) {
	sh, err := shelfOf(c)
	if err != nil {
		return "", err
	}
	q := s.pageQuery(ctx, sh, sc, after, mark, 500).Session(&gorm.Session{DryRun: true}).Find(&[]map[string]any{})
	word := "EXPLAIN QUERY PLAN "
	if s.postgres() {
		word = "EXPLAIN "
	}
	rows, err := s.pool.QueryContext(ctx, word+q.Statement.SQL.String(), q.Statement.Vars...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		into[len(columns)-1] = &line
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		plan.WriteString(line + "\n")
	}
	return plan.String(), rows.Err()
}

// InsertPlainly is the least that storing posts and their arrivals can cost
// with gorm: a benchmark's measure for Write.
func (s *Store) InsertPlainly(ctx context.Context, account int64, entries []transfer.Entry) error {
	items := make([]postRow, len(entries))
	rows := make([]arrivalRow, len(entries))
	for i, e := range entries {
		item, err := transfer.Decode[transfer.Post](e)
		if err != nil {
			return err
		}
		p := placed{item: item, head: head{AccountID: account, GUID: e.GUID, Seq: 1, Digest: e.Digest, Size: int64(len(e.Item))}}
		if items[i], err = newPostRow(p); err != nil {
			return err
		}
		rows[i] = arrivalRow{AccountID: account, Collection: transfer.Posts, GUID: e.GUID, Run: "run", Digest: e.Digest, LocalGUID: e.GUID}
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.db(ctx).Table("posts").CreateInBatches(items, s.batch()).Error; err != nil {
			return err
		}
		return s.db(ctx).Table("arrivals").CreateInBatches(rows, s.batch()).Error
	})
}
