package store

import (
	"context"

	"gorm.io/gorm"

	"podmove/internal/pod"
	"podmove/transfer"
)

var _ pod.Library = (*Store)(nil)

// visiblePost is which posts a viewer may see: public ones, their own, and
// those that name them (Protocol §3.6). It takes a viewer's account and ID.
const visiblePost = `(posts.public OR posts.account_id = ? OR EXISTS (
	SELECT 1 FROM post_audience WHERE post_audience.post_id = posts.id AND post_audience.person = ?))`

// hangsOn finds the posts on which a photo hangs.
const hangsOn = `SELECT 1 FROM post_photos JOIN posts ON posts.id = post_photos.post_id
	WHERE post_photos.account_id = photos.account_id AND post_photos.photo = photos.guid`

// visiblePhoto is which photos a viewer may see: their own, those on a post
// that they may see, and public ones on no post. It takes a viewer's account,
// then account and ID again.
const visiblePhoto = `(photos.account_id = ?
	OR EXISTS (` + hangsOn + ` AND ` + visiblePost + `)
	OR (photos.public AND NOT EXISTS (` + hangsOn + `)))`

func visiblePosts(db *gorm.DB, v pod.Viewer) *gorm.DB {
	return db.Table("posts").Where(visiblePost, v.Account, v.ID)
}

func visiblePhotos(db *gorm.DB, v pod.Viewer) *gorm.DB {
	return db.Table("photos").Where(visiblePhoto, v.Account, v.Account, v.ID)
}

// numbered is the post of a number, which may be the one that it had before it
// went away and came home (Protocol §6.5).
const numbered = `posts.id = (SELECT COALESCE(
	(SELECT here.id FROM posts AS here JOIN stubs ON stubs.account_id = here.account_id AND stubs.guid = here.guid
		WHERE stubs.number = ? AND stubs.collection = 'posts' AND stubs.home LIMIT 1), CAST(? AS BIGINT)))`

// VisiblePost finds a post that the viewer may see, or pod.ErrHidden.
func (s *Store) VisiblePost(ctx context.Context, key pod.PostKey, v pod.Viewer) (pod.Post, error) {
	q := visiblePosts(s.db(ctx), v)
	if key.Number != 0 {
		q = q.Where(numbered, key.Number, key.Number)
	} else {
		q = q.Where("posts.guid = ?", key.GUID)
	}
	list, err := readPosts(q.Limit(1))
	if err != nil || len(list) == 0 {
		return pod.Post{}, orHidden(err)
	}
	return list[0], nil
}

// VisiblePosts are an account's posts that the viewer may see, newest first,
// after the mark.
func (s *Store) VisiblePosts(ctx context.Context, account int64, v pod.Viewer, after pod.Mark, limit int) ([]pod.Post, error) {
	q := visiblePosts(s.db(ctx), v).Where("posts.account_id = ?", account)
	if after != (pod.Mark{}) {
		q = q.Where("(posts.created_at, posts.id) < (?, ?)", after.At.UnixMilli(), after.Number)
	}
	return readPosts(q.Order("posts.created_at DESC, posts.id DESC").Limit(limit))
}

// VisiblePhoto finds a photo by its address, or pod.ErrHidden.
func (s *Store) VisiblePhoto(ctx context.Context, file string, v pod.Viewer) (pod.Photo, error) {
	list, err := readPhotos(visiblePhotos(s.db(ctx), v).Where("photos.file = ?", file).Limit(1))
	if err != nil || len(list) == 0 {
		return pod.Photo{}, orHidden(err)
	}
	return list[0], nil
}

// VisiblePhotos are those of an account's photos among guids that the viewer
// may see, in no order.
func (s *Store) VisiblePhotos(ctx context.Context, account int64, guids []string, v pod.Viewer) (list []pod.Photo, err error) {
	err = inChunks(guids, func(chunk []string) error {
		some, err := readPhotos(visiblePhotos(s.db(ctx), v).Where("photos.account_id = ? AND photos.guid IN ?", account, chunk))
		list = append(list, some...)
		return err
	})
	return list, err
}

// Profile is an account's profile.
func (s *Store) Profile(ctx context.Context, account int64) (p transfer.Profile, err error) {
	err = profiles{}.read(s.db(ctx).Table("profiles").Where("account_id = ?", account), func(_ head, item transfer.Item) bool {
		p = item.(transfer.Profile)
		return false
	})
	return p, err
}

func readPosts(q *gorm.DB) (list []pod.Post, err error) {
	err = readRows(q.Select(postSelect), func(r *postRead) bool {
		list = append(list, pod.Post{Account: r.Row.Head.AccountID, Number: r.ID, GUID: r.Row.Head.GUID, Item: r.item()})
		return true
	})
	return list, err
}

func readPhotos(q *gorm.DB) (list []pod.Photo, err error) {
	err = readRows(q, func(r *photoRow) bool {
		list = append(list, pod.Photo{Account: r.Head.AccountID, GUID: r.Head.GUID, File: r.File, Item: r.item()})
		return true
	})
	return list, err
}

func orHidden(err error) error {
	if err != nil {
		return err
	}
	return pod.ErrHidden
}
