package store

import (
	"context"
	"slices"

	"podmove/transfer"
)

// incoming is an entry with the item that it carries, or why it carries none.
type incoming struct {
	entry transfer.Entry
	item  transfer.Item
	err   error
}

// decodeAll reads the items of a page, before anything is locked.
func decodeAll(sh shelf, entries []transfer.Entry) []incoming {
	list := make([]incoming, len(entries))
	for i, e := range entries {
		list[i].entry = e
		if len(e.Item) == 0 {
			continue
		}
		if !transfer.ValidGUID(e.GUID) {
			list[i].err = transfer.Errorf(transfer.GUIDInvalid, "%.80q is not a guid", e.GUID)
			continue
		}
		list[i].item, list[i].err = sh.decode(e)
	}
	return list
}

// survey looks up all that the decisions about a page depend on.
func (w *writer) survey(ctx context.Context, sh shelf, list []incoming) (*desk, error) {
	d := &desk{run: w.run, shelf: sh, collection: collectionOf(sh), rows: make([]arrivalRow, 0, len(list))}
	var guids []string
	var items []transfer.Item
	for _, in := range list {
		guids = append(guids, in.entry.GUID)
		if in.item != nil && in.err == nil {
			items = append(items, in.item)
		}
	}
	var err error
	if d.arrived, err = w.arrivals(ctx, d.collection, guids); err != nil {
		return nil, err
	}
	for _, a := range d.arrived {
		if a.LocalGUID != "" {
			guids = append(guids, a.LocalGUID)
		}
	}
	slices.Sort(guids)
	here, err := sh.standing(ctx, w.store, w.run.Account, slices.Compact(guids), items)
	if err != nil {
		return nil, err
	}
	d.lay(here)
	for guid := range d.here {
		guids = append(guids, guid)
	}
	if d.given, err = w.givenAway(ctx, d.collection, guids); err != nil {
		return nil, err
	}
	if d.files, err = w.oldFiles(ctx, sh, guids); err != nil {
		return nil, err
	}
	if d.taken, err = w.store.taken(ctx, sh, w.run.Account, guids, items); err != nil {
		return nil, err
	}
	d.held, err = w.store.heldBlobs(ctx, contents(items))
	return d, err
}

// contents are the digests of the bytes that items name.
func contents(items []transfer.Item) (list []transfer.Digest) {
	for _, item := range items {
		if photo, ok := item.(transfer.Photo); ok {
			list = append(list, photo.SHA256)
		}
	}
	return list
}

// taken are the guids of posts, or the file names of photos, that are in use
// anywhere in the pod; an old address that redirects is in use, too, but for
// its own account's items coming home (Protocol §3.8, §6.5).
func (s *Store) taken(ctx context.Context, sh shelf, account int64, guids []string, items []transfer.Item) (map[string]bool, error) {
	names, table, column := guids, "posts", "guid"
	switch sh {
	case shelf(posts{}):
	case shelf(photos{}):
		names, table, column = nil, "photos", "file"
		for _, item := range items {
			names = append(names, item.(transfer.Photo).Name)
		}
	default:
		return map[string]bool{}, nil // these have no address of their own
	}
	taken := map[string]bool{}
	return taken, inChunks(names, func(chunk []string) error {
		var some []string
		err := s.db(ctx).Raw("SELECT "+column+" FROM "+table+" WHERE "+column+" IN ?"+
			" UNION SELECT "+column+" FROM stubs WHERE "+column+" IN ? AND collection = ? AND account_id <> ?",
			chunk, chunk, table, account).Scan(&some).Error
		for _, name := range some {
			taken[name] = true
		}
		return translate(err)
	})
}
