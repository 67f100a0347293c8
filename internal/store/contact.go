package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"podmove/transfer"
)

// contacts are the people whom an account has in its aspects.
type contacts struct{}

// contactRow leaves out the column sharing: that is for the person to say, and
// no source is believed about it (Protocol §3.9).
type contactRow struct {
	Head      head `gorm:"embedded"`
	Person    string
	Receiving bool
}

type contactAspectRow struct {
	ContactID int64
	Aspect    string
}

func (contacts) table() string { return "contacts" }

func (contacts) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Contact](e) }

func (contacts) standing(ctx context.Context, s *Store, account int64, guids []string, items []transfer.Item) ([]standing, error) {
	people := make([]string, 0, len(items))
	for _, item := range items {
		people = append(people, item.(transfer.Contact).ID)
	}
	return s.standingPeople(ctx, "contacts", account, guids, people)
}

func (contacts) save(ctx context.Context, s *Store, items []placed) error {
	rows := make([]contactRow, len(items))
	for i, p := range items {
		item := p.item.(transfer.Contact)
		rows[i] = contactRow{p.head, item.ID, item.Receiving}
	}
	err := upsert(s.db(ctx), s.batch(), "contacts", rows, inAccount, []string{"seq", "digest", "size", "person", "receiving"})
	if err != nil {
		return err
	}
	ids, err := s.ids(ctx, "contacts", items[0].AccountID, guids(items))
	if err != nil {
		return err
	}
	if err := s.clear(ctx, "contact_aspects", "contact_id", ids, items); err != nil {
		return err
	}
	var owned []contactAspectRow
	for _, p := range items {
		for _, aspect := range p.item.(transfer.Contact).Aspects {
			owned = append(owned, contactAspectRow{ids[p.GUID], aspect})
		}
	}
	return insertOwned(s.db(ctx), "contact_aspects", owned)
}

// ids finds the row ids of the account's items by their guids. What an insert
// returns is not relied on: its order is not promised (SQLite, "RETURNING", §3).
func (s *Store) ids(ctx context.Context, table string, account int64, guids []string) (map[string]int64, error) {
	ids := make(map[string]int64, len(guids))
	return ids, inChunks(guids, func(chunk []string) error {
		var list []struct {
			ID   int64
			GUID string
		}
		err := s.among(ctx, table, account, "guid", chunk).Select("id", "guid").Find(&list).Error
		for _, row := range list {
			ids[row.GUID] = row.ID
		}
		return translate(err)
	})
}

// clear removes what items that get new content own in a table.
func (s *Store) clear(ctx context.Context, table, column string, ids map[string]int64, items []placed) error {
	var stale []int64
	for _, p := range items {
		if p.again {
			stale = append(stale, ids[p.GUID])
		}
	}
	return inChunks(stale, func(chunk []int64) error {
		return translate(s.db(ctx).Table(table).Where(column+" IN ?", chunk).Delete(nil).Error)
	})
}

func insertOwned[R any](db *gorm.DB, table string, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	return translate(db.Table(table).CreateInBatches(rows, 1000).Error)
}

// contactRead is a row with what it owns, in one statement, so that both are of
// one moment.
type contactRead struct {
	Row     contactRow `gorm:"embedded"`
	Aspects string     // guids joined by spaces
}

const contactSelect = `contacts.*, (SELECT string_agg(aspect, ' ' ORDER BY aspect) FROM contact_aspects WHERE contact_id = contacts.id) AS aspects`

func (r contactRead) item() transfer.Contact {
	return transfer.Contact{Aspects: words(r.Aspects), ID: r.Row.Person, Receiving: r.Row.Receiving}
}

func (contacts) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q.Select(contactSelect), func(r *contactRead) bool { return each(r.Row.Head, r.item()) })
}

// words splits a list joined by spaces; nothing is nil.
func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, " ")
}
