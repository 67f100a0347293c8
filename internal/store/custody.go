package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"podmove/transfer"
	"podmove/transfer/destination"
)

var _ destination.Custody = (*Store)(nil)

// MoveFrom is destination.Custody's.
func (s *Store) MoveFrom(ctx context.Context, issuer, id string) (destination.Move, error) {
	var row moveRow
	err := translate(s.db(ctx).Where("issuer = ? AND transfer_id = ? AND transfer_id <> ''", issuer, id).Order("created_at DESC").Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return destination.Move{}, noMove()
	}
	if err != nil {
		return destination.Move{}, err
	}
	return row.move()
}

// cameFrom queries what came from a move's origin.
func (s *Store) cameFrom(ctx context.Context, m destination.Move, c transfer.Collection) *gorm.DB {
	return s.db(ctx).Table("arrivals AS a").
		Where("a.account_id = ? AND a.issuer = ? AND a.source_account = ? AND a.collection = ?", m.Account, m.Issuer, m.Subject, c)
}

// Kept is destination.Custody's. What is gone was removed by its owner if it
// left a tombstone; without one it was lost.
func (s *Store) Kept(ctx context.Context, m destination.Move, c transfer.Collection, guids []string, see func(destination.Kept) error) error {
	sh, err := shelfOf(c)
	if err != nil {
		return err
	}
	for len(guids) > 0 {
		n := min(len(guids), itemsAtOnce)
		if err := s.keptOf(ctx, m, sh, guids[:n], see); err != nil {
			return err
		}
		guids = guids[n:]
	}
	return nil
}

func (s *Store) keptOf(ctx context.Context, m destination.Move, sh shelf, guids []string, see func(destination.Kept) error) error {
	var rows []arrivalRow
	err := s.cameFrom(ctx, m, collectionOf(sh)).Where("a.guid IN ? AND a.outcome IN ? AND a.local_guid <> ''", guids, arrived).Find(&rows).Error
	if err != nil {
		return translate(err)
	}
	local := make([]string, len(rows))
	for i, r := range rows {
		local[i] = r.LocalGUID
	}
	here, err := s.entriesByGUID(ctx, sh, m.Account, local)
	if err != nil {
		return err
	}
	removed, err := s.tombstoned(ctx, m.Account, collectionOf(sh), local)
	if err != nil {
		return err
	}
	for _, r := range rows {
		kept := destination.Kept{GUID: r.GUID, State: transfer.RemovedThere}
		if e, there := here[r.LocalGUID]; there {
			kept = destination.Kept{GUID: r.GUID, State: transfer.EditedThere, Item: e.Item, Content: e.content, Bytes: e.bytes}
			if e.Digest == r.Digest {
				kept.State = transfer.Held
			}
		} else if !removed[r.LocalGUID] {
			continue
		}
		if err := see(kept); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) entriesByGUID(ctx context.Context, sh shelf, account int64, guids []string) (map[string]entry, error) {
	list, err := s.entries(ctx, sh, account, guids)
	here := make(map[string]entry, len(list))
	for _, e := range list {
		here[e.GUID] = e
	}
	return here, err
}

// tombstoned says which of the items were deleted here.
func (s *Store) tombstoned(ctx context.Context, account int64, c transfer.Collection, guids []string) (map[string]bool, error) {
	var list []string
	err := s.db(ctx).Table("tombstones").Where("account_id = ? AND collection = ? AND guid IN ?", account, c, guids).Pluck("guid", &list).Error
	gone := make(map[string]bool, len(list))
	for _, guid := range list {
		gone[guid] = true
	}
	return gone, translate(err)
}

// Forwarded is destination.Custody's.
func (s *Store) Forwarded(ctx context.Context, m destination.Move, c transfer.Collection, guids []string) (list []destination.Forwarded, err error) {
	err = s.cameFrom(ctx, m, c).Where("a.guid IN ? AND a.outcome IN ? AND a.local_guid <> ''", guids, arrived).
		Joins("JOIN transfers AS t ON t.account_id = a.account_id AND t.state IN ?", []transfer.State{transfer.ErasingOld, transfer.Erased}).
		Joins("JOIN transfer_receipts AS r ON r.transfer_id = t.id AND r.collection = a.collection AND r.guid = a.local_guid AND r.erased_at > 0 AND r.returned_at = 0").
		Select("a.guid, a.local_guid AS local, t.id AS leaving, r.digest <> a.digest AS edited").Order("a.guid").Find(&list).Error
	return list, translate(err)
}

// untouched queries what a move made, or filled in, or what completed it did, and
// nobody changed since, nor did a later move find it here. The arrival is a, the
// item x.
func (s *Store) untouched(ctx context.Context, m destination.Move, sh shelf) *gorm.DB {
	return s.cameFrom(ctx, m, collectionOf(sh)).
		Joins("JOIN "+sh.table()+" AS x ON x.account_id = a.account_id AND x.guid = a.local_guid AND x.digest = a.brought").
		Where("(a.made OR a.collection = ?) AND a.brought <> ''", transfer.Profiles).
		Where("(a.run IN ? OR a.run IN (SELECT id FROM moves WHERE retries = ?))", []string{m.ID, unseenIn(m.ID)}, m.ID)
}

// Brought is destination.Custody's.
func (s *Store) Brought(ctx context.Context, m destination.Move, c transfer.Collection, after string, limit int) (list []transfer.LiveItem, err error) {
	sh, err := shelfOf(c)
	if err != nil {
		return nil, err
	}
	err = s.untouched(ctx, m, sh).Where("a.guid > ?", after).Select("a.collection, a.guid, a.brought AS digest").
		Order("a.guid").Limit(limit).Find(&list).Error
	return list, translate(err)
}

// inUse are things that something which stays uses (Protocol §7.2).
var inUse = map[transfer.Collection]string{
	transfer.Photos: `(EXISTS (SELECT 1 FROM post_photos WHERE post_photos.account_id = x.account_id AND post_photos.photo = x.guid)
		OR EXISTS (SELECT 1 FROM profiles WHERE profiles.account_id = x.account_id AND profiles.avatar = x.guid))`,
	transfer.Aspects: `EXISTS (SELECT 1 FROM contacts JOIN contact_aspects ON contact_aspects.contact_id = contacts.id
		WHERE contacts.account_id = x.account_id AND contact_aspects.aspect = x.guid)`,
}

// TakeBack is destination.Custody's.
func (s *Store) TakeBack(ctx context.Context, m destination.Move, c transfer.Collection, guids []string) (n int, err error) {
	sh, err := shelfOf(c)
	if err != nil || len(guids) == 0 {
		return 0, err
	}
	return n, s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, m.Account); err != nil {
			return err
		}
		q := s.untouched(ctx, m, sh).Where("a.guid IN ?", guids)
		if used := inUse[c]; used != "" {
			q = q.Where("NOT " + used)
		}
		var rows []arrivalRow
		if err := q.Select("a.*").Find(&rows).Error; err != nil {
			return translate(err)
		}
		n = len(rows)
		return s.takeBack(ctx, sh, m, rows)
	})
}

// takeBack removes items and forgets that they came, so that they may come
// again.
func (s *Store) takeBack(ctx context.Context, sh shelf, m destination.Move, rows []arrivalRow) error {
	local := make([]string, len(rows))
	for i := range rows {
		r := &rows[i]
		local[i] = r.LocalGUID
		r.Outcome, r.Reason, r.LocalGUID, r.URL, r.Made, r.Brought, r.Sent = transfer.Removed, "", "", "", false, "", true
	}
	if len(local) > 0 && sh == shelf(profiles{}) {
		empty := placed{item: transfer.Profile{Searchable: true}, again: true}
		empty.GUID = local[0]
		if err := s.write(ctx, m.Account, empty); err != nil {
			return err
		}
	} else if err := s.takeOut(ctx, sh, m.Account, local, leaveOrphans); err != nil {
		return err
	}
	if err := s.setHome(ctx, m.Account, collectionOf(sh), local, false); err != nil {
		return err // what went away before it came leads away again
	}
	return s.saveArrivals(ctx, rows)
}
