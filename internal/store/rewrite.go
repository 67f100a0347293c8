package store

import (
	"context"
	"net/url"
	"strings"

	"podmove/internal/pod"
	"podmove/transfer"
)

// maxOrigins bounds from how many old accounts one account's addresses are
// looked up.
const maxOrigins = 20

// origin is an old account that something came from.
type origin struct {
	Issuer        string
	SourceAccount string
}

// Rewrite answers how addresses in an account's posts are shown: one at an old
// origin whose post or photo has come becomes that of the post or photo here,
// any other stays (Protocol §3.4). The text itself is never changed.
//
// The function that it answers asks the database; it is for one page, and
// belongs to the goroutine and the context of that page.
func (s *Store) Rewrite(ctx context.Context, account int64, here string) (func(address string) string, error) {
	origins, err := s.origins(ctx, account)
	if err != nil {
		return nil, err
	}
	return func(address string) string {
		if local, ok := s.local(ctx, account, origins, address); ok {
			return here + local
		}
		return address
	}, nil
}

// origins hops along the key of arrivals from one origin to the next; DISTINCT
// would read every row.
func (s *Store) origins(ctx context.Context, account int64) (list []origin, err error) {
	var last origin
	for range maxOrigins {
		var next []origin
		err := s.db(ctx).Table("arrivals").Select("issuer, source_account").
			Where("account_id = ? AND (issuer, source_account) > (?, ?)", account, last.Issuer, last.SourceAccount).
			Order("issuer, source_account").Limit(1).Find(&next).Error
		if err != nil || len(next) == 0 {
			return list, err
		}
		last = next[0]
		list = append(list, last)
	}
	return list, nil
}

// local is the path here of an address at one of the origins. A failing
// database leaves the address as it is: the page can be shown all the same.
func (s *Store) local(ctx context.Context, account int64, origins []origin, address string) (path string, ok bool) {
	for _, o := range origins {
		rest, found := strings.CutPrefix(address, o.Issuer+"/")
		if !found {
			continue
		}
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest = rest[:i]
		}
		if rest, err := url.PathUnescape(rest); err == nil {
			path, ok = s.localPath(ctx, account, o, rest)
		}
		if ok {
			return path, true
		}
	}
	return "", false
}

func (s *Store) localPath(ctx context.Context, account int64, o origin, rest string) (string, bool) {
	if guid, ok := strings.CutPrefix(rest, "posts/"); ok && transfer.ValidGUID(guid) {
		local := s.arrivedPost(ctx, account, o, guid)
		return "/posts/" + local, local != ""
	}
	if file, ok := strings.CutPrefix(rest, "uploads/images/"); ok {
		if variant, name, ok := pod.ParsePhotoFile(file); ok {
			local := s.arrivedPhoto(ctx, account, o, name)
			return "/uploads/images/" + string(variant) + local, local != ""
		}
	}
	return "", false
}

// arrivedPost is the guid here of a post that came, empty if none did.
func (s *Store) arrivedPost(ctx context.Context, account int64, o origin, guid string) (local string) {
	s.db(ctx).Table("arrivals").Select("arrivals.local_guid").
		Joins("JOIN posts ON posts.account_id = arrivals.account_id AND posts.guid = arrivals.local_guid").
		Where("arrivals.account_id = ? AND arrivals.issuer = ? AND arrivals.source_account = ?", account, o.Issuer, o.SourceAccount).
		Where("arrivals.collection = ? AND arrivals.guid = ?", transfer.Posts, guid).Limit(1).Scan(&local)
	return local
}

// arrivedPhoto is the file name here of a photo that came under a name.
func (s *Store) arrivedPhoto(ctx context.Context, account int64, o origin, name string) (file string) {
	s.db(ctx).Table("photos").Select("photos.file").
		Joins("JOIN arrivals ON arrivals.account_id = photos.account_id AND arrivals.local_guid = photos.guid AND arrivals.collection = ?", transfer.Photos).
		Where("photos.account_id = ? AND photos.name = ?", account, name).
		Where("arrivals.issuer = ? AND arrivals.source_account = ?", o.Issuer, o.SourceAccount).Limit(1).Scan(&file)
	return file
}

// BroughtFrom is pod.Library's.
func (s *Store) BroughtFrom(ctx context.Context, account int64, guids []string) (map[string]string, error) {
	from := map[string]string{}
	return from, inChunks(guids, func(chunk []string) error {
		var rows []arrivalRow
		err := s.db(ctx).Table("arrivals").Select("local_guid", "issuer").
			Where("account_id = ? AND collection = ? AND local_guid IN ?", account, transfer.Posts, chunk).Find(&rows).Error
		for _, r := range rows {
			from[r.LocalGUID] = r.Issuer
		}
		return translate(err)
	})
}
