package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"podmove/redirects"
	"podmove/transfer"
)

// arrived are the results with which an item is at the destination.
var arrived = []transfer.Result{transfer.Imported, transfer.Unchanged}

// RaiseStubs is redirects.Book's. Guids and file names are made of characters
// that stand in a URL as they are (Protocol §3.8), so that SQL may fill them in.
// What was not public gets a stub, too, which answers nothing: its name is never
// given out again (Protocol §6.4).
func (s *Store) RaiseStubs(ctx context.Context, d redirects.Departure) error {
	post, photo := "CASE WHEN r.url <> '' THEN r.url ELSE replace(CAST(? AS TEXT), '{guid}', posts.guid) END",
		"CASE WHEN r.url <> '' THEN r.url ELSE replace(CAST(? AS TEXT), '{name}', photos.name) END"
	if d.NoAddress {
		post, photo = "substr(CAST(? AS TEXT), 1, 0)", "substr(CAST(? AS TEXT), 1, 0)" // nothing that could lead anywhere is kept
	}
	err := s.db(ctx).Exec(`INSERT INTO stubs (transfer_id, account_id, collection, guid, number, public, target)
		SELECT r.transfer_id, posts.account_id, r.collection, posts.guid, posts.id, posts.public, `+post+`
		FROM transfer_receipts AS r JOIN posts ON posts.account_id = ? AND posts.guid = r.guid AND posts.digest = r.digest
		WHERE r.transfer_id = ? AND r.collection = ? AND r.outcome IN ?`,
		d.Templates.Post, d.Account, d.ID, transfer.Posts, arrived).Error
	if err != nil {
		return translate(err)
	}
	return translate(s.db(ctx).Exec(`INSERT INTO stubs (transfer_id, account_id, collection, guid, file, public, target)
		SELECT r.transfer_id, photos.account_id, r.collection, photos.guid, photos.file, `+visiblePhoto+`, `+photo+`
		FROM transfer_receipts AS r JOIN photos ON photos.account_id = ? AND photos.guid = r.guid AND photos.digest = r.digest
		WHERE r.transfer_id = ? AND r.collection = ? AND r.outcome IN ?`,
		0, 0, "", d.Templates.Photo, d.Account, d.ID, transfer.Photos, arrived).Error)
}

// EachTarget is redirects.Book's.
func (s *Store) EachTarget(ctx context.Context, id string, see func(target string) error) error {
	for after := int64(0); ; {
		var rows []struct {
			ID     int64
			Target string
		}
		err := s.db(ctx).Table("stubs").Where("transfer_id = ? AND id > ?", id, after).Order("id").Limit(digestsAtOnce).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return translate(err)
		}
		for _, r := range rows {
			if err := see(r.Target); err != nil {
				return err
			}
			after = r.ID
		}
	}
}

// DropStubs is redirects.Book's.
func (s *Store) DropStubs(ctx context.Context, id string) error {
	return translate(s.db(ctx).Table("stubs").Where("transfer_id = ?", id).Delete(nil).Error)
}

// Find is redirects.Book's. A stub whose item was deleted here, and not erased,
// answers no more (Protocol §6.1), nor does one whose item has come home (§6.5).
func (s *Store) Find(ctx context.Context, a redirects.Address) (redirects.Place, bool, error) {
	const stands = " AND (stubs.erased OR EXISTS (SELECT 1 FROM "
	q := s.db(ctx).Table("stubs").Where("stubs.public AND NOT stubs.home").Joins("JOIN transfers ON transfers.id = stubs.transfer_id").
		Joins("LEFT JOIN transfer_onward AS o ON o.transfer_id = stubs.transfer_id AND o.agreed_at > 0 AND stubs.onward <> ''").
		Select("transfers.client, COALESCE(o.origin, '') AS onward, transfers.no_address, COALESCE(o.profile, transfers.profile_url) AS profile, stubs.erased," +
			" CASE WHEN o.origin IS NULL THEN stubs.target ELSE stubs.onward END AS target").Order("stubs.id DESC")
	const post = stands + "posts WHERE posts.id = stubs.number AND posts.guid = stubs.guid AND posts.public))"
	switch {
	case a.Kind == redirects.Photo:
		q = q.Where("stubs.collection = ? AND stubs.file = ?"+stands+"photos WHERE photos.file = stubs.file AND photos.account_id = stubs.account_id))", transfer.Photos, a.Key)
	case a.Kind == redirects.Post && a.Number != 0:
		q = q.Where("stubs.collection = ? AND stubs.number = ?"+post, transfer.Posts, a.Number)
	case a.Kind == redirects.Post:
		q = q.Where("stubs.collection = ? AND stubs.guid = ?"+post, transfer.Posts, a.Key)
	default:
		q = s.movedAccounts(ctx, a)
	}
	var p redirects.Place
	found := q.Limit(1).Find(&p)
	err := translate(found.Error)
	if errors.Is(err, ErrNotFound) { // a name that is no text
		return p, false, nil
	}
	return p, found.RowsAffected > 0, err
}

// movedAccounts are the places of accounts that have moved away.
func (s *Store) movedAccounts(ctx context.Context, a redirects.Address) *gorm.DB {
	column, target := "username", "profile"
	switch a.Kind {
	case redirects.Person:
		column = "guid"
	case redirects.Feed:
		target = "feed"
	}
	return s.db(ctx).Table("accounts").Joins("JOIN transfers ON transfers.account_id = accounts.id").
		Joins("LEFT JOIN transfer_onward AS o ON o.transfer_id = transfers.id AND o.agreed_at > 0").
		Select("transfers.client, COALESCE(o.origin, '') AS onward, transfers.no_address, COALESCE(o.profile, transfers.profile_url) AS profile,"+
			" COALESCE(o."+target+", transfers."+target+"_url) AS target, transfers.state <> 'redirecting' AS erased").
		Where("accounts.state = 'moved' AND accounts."+column+" = ? AND transfers.state IN ?", a.Key,
			wentAway).
		Order("transfers.redirect_at DESC")
}
