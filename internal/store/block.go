package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/transfer"
)

// blocks are the people whom accounts do not want to hear of.
type blocks struct{}

type blockRow struct {
	Head   head `gorm:"embedded"`
	Person string
}

func (blocks) table() string { return "blocks" }

func (blocks) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Block](e) }

func (blocks) standing(ctx context.Context, s *Store, account int64, guids []string, items []transfer.Item) ([]standing, error) {
	people := make([]string, 0, len(items))
	for _, item := range items {
		people = append(people, item.(transfer.Block).ID)
	}
	return s.standingPeople(ctx, "blocks", account, guids, people)
}

// standingPeople finds rows by guid or person: an account has a person once.
func (s *Store) standingPeople(ctx context.Context, table string, account int64, guids, people []string) ([]standing, error) {
	var byGUID, byPerson []standing
	if err := s.among(ctx, table, account, "guid", guids).Select("guid", "digest", "person").Find(&byGUID).Error; err != nil {
		return nil, translate(err)
	}
	err := s.among(ctx, table, account, "person", people).Select("guid", "digest", "person").Find(&byPerson).Error
	return append(byGUID, byPerson...), translate(err)
}

func (blocks) save(ctx context.Context, s *Store, items []placed) error {
	rows := make([]blockRow, len(items))
	for i, p := range items {
		rows[i] = blockRow{p.head, p.item.(transfer.Block).ID}
	}
	return upsert(s.db(ctx), s.batch(), "blocks", rows, inAccount, []string{"seq", "digest", "size", "person"})
}

// inAccount is the key of items whose guids are unique in their account.
var inAccount = []string{"account_id", "guid"}

func (blocks) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q, func(r *blockRow) bool { return each(r.Head, transfer.Block{ID: r.Person}) })
}
