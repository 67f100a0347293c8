package store

import (
	"context"

	"podmove/internal/pod"
	"podmove/transfer"
)

// Aspects is pod.Shelves'.
func (s *Store) Aspects(ctx context.Context, account int64) (list []pod.Aspect, err error) {
	members, err := s.members(ctx, account)
	if err != nil {
		return nil, err
	}
	q := s.db(ctx).Table("aspects").Where("account_id = ?", account).Order("name, guid")
	err = aspects{}.read(q, func(h head, item transfer.Item) bool {
		list = append(list, pod.Aspect{GUID: h.GUID, Item: item.(transfer.Aspect), Contacts: members[h.GUID]})
		return true
	})
	return list, err
}

// members is how many contacts are in each of an account's aspects.
func (s *Store) members(ctx context.Context, account int64) (map[string]int64, error) {
	var rows []struct {
		Aspect string
		N      int64
	}
	err := s.db(ctx).Table("contact_aspects").Select("aspect, count(*) AS n").
		Joins("JOIN contacts ON contacts.id = contact_aspects.contact_id").
		Where("contacts.account_id = ?", account).Group("aspect").Find(&rows).Error
	counts := make(map[string]int64, len(rows))
	for _, r := range rows {
		counts[r.Aspect] = r.N
	}
	return counts, translate(err)
}

// Contacts is pod.Shelves'.
func (s *Store) Contacts(ctx context.Context, account int64, aspect, after string, limit int) (list []pod.Contact, err error) {
	q := s.db(ctx).Table("contacts").Where("contacts.account_id = ? AND contacts.person > ?", account, after)
	if aspect != "" {
		q = q.Where(inAspect, aspect)
	}
	err = contacts{}.read(q.Order("contacts.person").Limit(limit), func(h head, item transfer.Item) bool {
		list = append(list, pod.Contact{GUID: h.GUID, Item: item.(transfer.Contact)})
		return true
	})
	return list, err
}

// Contact is pod.Shelves'.
func (s *Store) Contact(ctx context.Context, account int64, guid string) (pod.Contact, error) {
	h, item, err := readItem[transfer.Contact](ctx, s, account, guid)
	return pod.Contact{GUID: h.GUID, Item: item}, hidden(err)
}

// Known is pod.Shelves'.
func (s *Store) Known(ctx context.Context, account int64, person string) (contact, block string, err error) {
	for table, guid := range map[string]*string{"contacts": &contact, "blocks": &block} {
		err := s.db(ctx).Table(table).Select("guid").Where("account_id = ? AND person = ?", account, person).Limit(1).Scan(guid).Error
		if err != nil {
			return "", "", translate(err)
		}
	}
	return contact, block, nil
}

// People is pod.Shelves'.
func (s *Store) People(ctx context.Context, account int64, aspects []string) (ids []string, err error) {
	if len(aspects) == 0 {
		return nil, nil
	}
	err = s.db(ctx).Table("contacts").Joins("JOIN contact_aspects ON contact_aspects.contact_id = contacts.id").
		Where("contacts.account_id = ? AND contacts.receiving AND contact_aspects.aspect IN ?", account, aspects).
		Distinct().Order("contacts.person").Pluck("contacts.person", &ids).Error
	return ids, translate(err)
}

// Blocks is pod.Shelves'.
func (s *Store) Blocks(ctx context.Context, account int64, after string, limit int) (list []pod.Block, err error) {
	q := s.db(ctx).Table("blocks").Where("account_id = ? AND person > ?", account, after).Order("person").Limit(limit)
	err = blocks{}.read(q, func(h head, item transfer.Item) bool {
		list = append(list, pod.Block{GUID: h.GUID, Item: item.(transfer.Block)})
		return true
	})
	return list, err
}

// Block is pod.Shelves'. A blocked person is no contact any more, as in
// diaspora*.
func (s *Store) Block(ctx context.Context, account int64, person string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.open(ctx, account); err != nil {
			return err
		}
		var guids []string
		err := s.db(ctx).Table("contacts").Where("account_id = ? AND person = ?", account, person).Pluck("guid", &guids).Error
		if err != nil {
			return translate(err)
		}
		if err := s.takeOut(ctx, contacts{}, account, guids, leaveOrphans); err != nil {
			return err
		}
		_, err = s.AddBlock(ctx, account, transfer.Block{ID: person})
		return err
	})
}

// OwnPhotos is pod.Shelves'.
func (s *Store) OwnPhotos(ctx context.Context, account int64, after pod.Mark, limit int) (list []pod.OwnPhoto, err error) {
	q := s.db(ctx).Table("photos").Where("photos.account_id = ?", account)
	if after != (pod.Mark{}) {
		q = q.Where("(photos.created_at, photos.id) < (?, ?)", after.At.UnixMilli(), after.Number)
	}
	err = readRows(q.Select(ownPhotoSelect).Order("photos.created_at DESC, photos.id DESC").Limit(limit), func(r *ownPhotoRow) bool {
		list = append(list, r.photo())
		return true
	})
	return list, err
}

const ownPhotoSelect = `photos.*, (SELECT count(DISTINCT post_id) FROM post_photos
	WHERE post_photos.account_id = photos.account_id AND post_photos.photo = photos.guid) AS posts`

type ownPhotoRow struct {
	ID    int64
	Posts int64
	Row   photoRow `gorm:"embedded"`
}

func (r *ownPhotoRow) photo() pod.OwnPhoto {
	h := r.Row.Head
	return pod.OwnPhoto{
		Photo:  pod.Photo{Account: h.AccountID, GUID: h.GUID, File: r.Row.File, Item: r.Row.item()},
		Number: r.ID, Posts: r.Posts,
	}
}
