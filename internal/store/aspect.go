package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/transfer"
)

// aspects are the named groups of an account's contacts.
type aspects struct{}

type aspectRow struct {
	Head head `gorm:"embedded"`
	Name string
}

func (aspects) table() string { return "aspects" }

func (aspects) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Aspect](e) }

func (aspects) standing(ctx context.Context, s *Store, account int64, guids []string, _ []transfer.Item) ([]standing, error) {
	return s.standingGUIDs(ctx, "aspects", account, guids)
}

func (s *Store) standingGUIDs(ctx context.Context, table string, account int64, guids []string) (list []standing, err error) {
	err = s.among(ctx, table, account, "guid", guids).Select("guid", "digest").Find(&list).Error
	return list, translate(err)
}

func (aspects) save(ctx context.Context, s *Store, items []placed) error {
	rows := make([]aspectRow, len(items))
	for i, p := range items {
		rows[i] = aspectRow{p.head, p.item.(transfer.Aspect).Name}
	}
	return upsert(s.db(ctx), s.batch(), "aspects", rows, inAccount, []string{"seq", "digest", "size", "name"})
}

func (aspects) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q, func(r *aspectRow) bool { return each(r.Head, transfer.Aspect{Name: r.Name}) })
}
