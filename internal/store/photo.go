package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"podmove/transfer"
)

// photos are items whose bytes lie in a blob.
type photos struct{}

type photoRow struct {
	Head      head   `gorm:"embedded"`
	Name      string // the item's member
	File      string // the address here
	Public    bool
	CreatedAt int64           `gorm:"autoCreateTime:false"`
	SHA256    transfer.Digest `gorm:"column:sha256"`
	Bytes     int64
	Type      string
	Text      string
	Width     int64
	Height    int64
}

// photoColumns leave out file: a photo keeps its address.
var photoColumns = []string{
	"seq", "digest", "size", "name", "public", "created_at", "sha256", "bytes", "type", "text", "width", "height",
}

func (photos) table() string { return "photos" }

func (photos) decode(e transfer.Entry) (transfer.Item, error) { return decode[transfer.Photo](e) }

func (photos) standing(ctx context.Context, s *Store, account int64, guids []string, _ []transfer.Item) ([]standing, error) {
	return s.standingGUIDs(ctx, "photos", account, guids)
}

func (photos) save(ctx context.Context, s *Store, items []placed) error {
	rows := make([]photoRow, len(items))
	for i, p := range items {
		item := p.item.(transfer.Photo)
		rows[i] = photoRow{
			Head: p.head, Name: item.Name, File: p.file, Public: item.Public, CreatedAt: item.CreatedAt.Time().UnixMilli(),
			SHA256: item.SHA256, Bytes: item.Size, Type: item.Type, Text: item.Text, Width: item.Width, Height: item.Height,
		}
	}
	return upsert(s.db(ctx), s.batch(), "photos", rows, inAccount, photoColumns)
}

func (r *photoRow) item() transfer.Photo {
	return transfer.Photo{
		CreatedAt: timeOf(r.CreatedAt), Height: r.Height, Name: r.Name, Public: r.Public, SHA256: r.SHA256,
		Size: r.Bytes, Text: r.Text, Type: r.Type, Width: r.Width,
	}
}

func (photos) read(q *gorm.DB, each func(head, transfer.Item) bool) error {
	return readRows(q, func(r *photoRow) bool { return each(r.Head, r.item()) })
}

// timeOf spells a time of the database.
func timeOf(milliseconds int64) transfer.Time { return transfer.TimeOf(time.UnixMilli(milliseconds)) }
