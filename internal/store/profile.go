package store

import (
	"context"
	"encoding/json"

	"gorm.io/gorm"

	"podmove/transfer"
)

// profiles are the profiles, of which every account has one.
type profiles struct{}

type profileRow struct {
	Head       head `gorm:"embedded"`
	FirstName  string
	LastName   string
	Bio        string
	Birthday   string
	Gender     string
	Location   string
	Avatar     string
	Tags       string // JSON
	NSFW       bool   `gorm:"column:nsfw"`
	Public     bool
	Searchable bool
	Written    bool
}

var profileColumns = []string{
	"seq", "digest", "size", "first_name", "last_name", "bio", "birthday", "gender",
	"location", "avatar", "tags", "nsfw", "public", "searchable", "written",
}

func (profiles) table() string { return "profiles" }

func (profiles) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Profile](e) }

// standing is the account's one profile, whatever its guid.
func (profiles) standing(ctx context.Context, s *Store, account int64, _ []string, _ []transfer.Item) (list []standing, err error) {
	err = s.db(ctx).Table("profiles").Where("account_id = ?", account).Find(&list).Error
	return list, translate(err)
}

func (profiles) save(ctx context.Context, s *Store, items []placed) error {
	rows := make([]profileRow, 0, len(items))
	for _, p := range items {
		row, err := newProfileRow(p)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return upsert(s.db(ctx), s.batch(), "profiles", rows, []string{"account_id"}, profileColumns)
}

func newProfileRow(p placed) (profileRow, error) {
	item := p.item.(transfer.Profile)
	tags, err := jsonOrEmpty(len(item.Tags) > 0, item.Tags)
	return profileRow{
		Head: p.head, Written: p.written, Tags: tags,
		FirstName: item.FirstName, LastName: item.LastName, Bio: item.Bio, Birthday: item.Birthday,
		Gender: item.Gender, Location: item.Location, Avatar: item.Avatar,
		NSFW: item.NSFW, Public: item.Public, Searchable: item.Searchable,
	}, err
}

func (r profileRow) item() transfer.Profile {
	return transfer.Profile{
		Avatar: r.Avatar, Bio: r.Bio, Birthday: r.Birthday, FirstName: r.FirstName, Gender: r.Gender,
		LastName: r.LastName, Location: r.Location, NSFW: r.NSFW, Public: r.Public, Searchable: r.Searchable,
		Tags: fromJSON[[]string](r.Tags),
	}
}

func (profiles) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q, func(r *profileRow) bool { return each(r.Head, r.item()) })
}

// jsonOrEmpty is how a part that an item may lack stands in a text column.
func jsonOrEmpty(there bool, v any) (string, error) {
	if !there {
		return "", nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}

// fromJSON reads what jsonOrEmpty wrote, which no stranger can have touched.
func fromJSON[T any](raw string) (v T) {
	if raw != "" {
		_ = json.Unmarshal([]byte(raw), &v)
	}
	return v
}
