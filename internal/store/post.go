package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/transfer"
)

// posts are what people wrote.
type posts struct{}

type postRow struct {
	Head       head `gorm:"embedded"`
	Public     bool
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	Text       string
	Provider   string
	RootAuthor string
	RootGUID   string `gorm:"column:root_guid"`
	Reshare    bool
	Location   string // JSON
	Poll       string // JSON
}

type audienceRow struct {
	PostID int64
	Person string
}

type postPhotoRow struct {
	PostID    int64
	Position  int64
	AccountID int64
	Photo     string
}

var postColumns = []string{
	"seq", "digest", "size", "public", "created_at", "text", "provider",
	"root_author", "root_guid", "reshare", "location", "poll",
}

func (posts) table() string { return "posts" }

func (posts) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Post](e) }

func (posts) standing(ctx context.Context, s *Store, account int64, guids []string, _ []transfer.Item) ([]standing, error) {
	return s.standingGUIDs(ctx, "posts", account, guids)
}

func (posts) save(ctx context.Context, s *Store, items []placed) error {
	if err := s.entombLeaving(ctx, items); err != nil {
		return err
	}
	hung, err := s.hung(ctx, items)
	if err != nil {
		return err
	}
	return s.rehang(ctx, items[0].AccountID, hung, leaveOrphans, func() error { return s.savePosts(ctx, items) })
}

func (s *Store) savePosts(ctx context.Context, items []placed) error {
	rows := make([]postRow, 0, len(items))
	for _, p := range items {
		row, err := newPostRow(p)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if err := upsert(s.db(ctx), s.batch(), "posts", rows, []string{"guid"}, postColumns); err != nil {
		return err
	}
	ids, err := s.ids(ctx, "posts", items[0].AccountID, guids(items))
	if err != nil {
		return err
	}
	for _, table := range []string{"post_audience", "post_photos"} {
		if err := s.clear(ctx, table, "post_id", ids, items); err != nil {
			return err
		}
	}
	return s.insertOwnedByPosts(ctx, items, ids)
}

func (s *Store) insertOwnedByPosts(ctx context.Context, items []placed, ids map[string]int64) error {
	var audience []audienceRow
	var hung []postPhotoRow
	for _, p := range items {
		item, id := p.item.(transfer.Post), ids[p.GUID]
		for _, person := range item.Audience {
			audience = append(audience, audienceRow{id, person})
		}
		for i, photo := range item.Photos {
			hung = append(hung, postPhotoRow{id, int64(i), p.AccountID, photo})
		}
	}
	if err := insertOwned(s.db(ctx), "post_audience", audience); err != nil {
		return err
	}
	return insertOwned(s.db(ctx), "post_photos", hung)
}

func newPostRow(p placed) (row postRow, err error) {
	item := p.item.(transfer.Post)
	row = postRow{
		Head: p.head, Public: item.Public, CreatedAt: item.CreatedAt.Time().UnixMilli(),
		Text: item.Text, Provider: item.Provider,
	}
	if item.Root != nil {
		row.Reshare, row.RootAuthor, row.RootGUID = true, item.Root.Author, item.Root.GUID
	}
	if row.Location, err = jsonOrEmpty(item.Location != nil, item.Location); err != nil {
		return row, err
	}
	row.Poll, err = jsonOrEmpty(item.Poll != nil, item.Poll)
	return row, err
}

// postRead is a row with what it owns, in one statement, so that both are of
// one moment.
type postRead struct {
	ID       int64
	Row      postRow `gorm:"embedded"`
	Audience string  // joined by spaces
	Photos   string  // joined by spaces, in order
}

const postSelect = `posts.*,
	(SELECT string_agg(person, ' ' ORDER BY person) FROM post_audience WHERE post_id = posts.id) AS audience,
	(SELECT string_agg(photo, ' ' ORDER BY position) FROM post_photos WHERE post_id = posts.id) AS photos`

func (r *postRead) item() transfer.Post {
	item := transfer.Post{
		Audience: words(r.Audience), CreatedAt: timeOf(r.Row.CreatedAt), Photos: words(r.Photos),
		Provider: r.Row.Provider, Public: r.Row.Public, Text: r.Row.Text,
		Location: fromJSON[*transfer.Location](r.Row.Location), Poll: fromJSON[*transfer.Poll](r.Row.Poll),
	}
	if r.Row.Reshare {
		item.Root = &transfer.Root{Author: r.Row.RootAuthor, GUID: r.Row.RootGUID}
	}
	return item
}

func (posts) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q.Select(postSelect), func(r *postRead) bool { return each(r.Row.Head, r.item()) })
}
