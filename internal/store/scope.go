package store

import (
	"strings"

	"podmove/transfer"
	"podmove/transfer/source"
)

// A where is a condition with its values.
type where struct {
	sql  string
	args []any
}

// and joins two conditions; the empty one holds of everything.
func (w where) and(sql string, args ...any) where {
	if w.sql != "" {
		sql = w.sql + " AND " + sql
	}
	return where{sql, append(w.args[:len(w.args):len(w.args)], args...)}
}

// within is what a scope lets out of a collection, as a condition on the
// collection's table. This is the only place that says so.
func within(s source.Scope, c transfer.Collection) (w where) {
	shown := shownOf(s)
	switch {
	case shown.sql == "":
	case c == transfer.Posts:
		w = shown.on("posts")
	case c == transfer.Photos:
		w = photosWithin(shown)
	default: // other collections are whole (Protocol §4.4)
	}
	if sh, err := shelfOf(c); err == nil {
		w = w.andNoted(s, c, sh.table())
	}
	return w
}

// andNoted narrows a collection, or its tombstones, to the items that were noted
// for a transfer, if the scope is that of one (Protocol §5.5).
func (w where) andNoted(s source.Scope, c transfer.Collection, table string) where {
	if s.Items == "" {
		return w
	}
	return w.and("EXISTS (SELECT 1 FROM transfer_items AS noted WHERE noted.transfer_id = ? AND noted.collection = ? AND noted.guid = "+table+".guid)", s.Items, c)
}

// shownOf is what must hold of a post, or of a photo that hangs on none. The
// table's name is written {}.
func shownOf(s source.Scope) (w where) {
	if !s.Limited {
		w = w.and("{}.public")
	}
	if !s.Since.IsZero() {
		w = w.and("{}.created_at >= ?", s.Since.UnixMilli())
	}
	if !s.Until.IsZero() {
		w = w.and("{}.created_at < ?", s.Until.UnixMilli())
	}
	return w
}

func (w where) on(table string) where {
	return where{strings.ReplaceAll(w.sql, "{}", table), w.args}
}

// photosWithin: a photo follows its posts, and itself while it has none
// (Protocol §3.6, §4.4). The sum is written so that PostgreSQL looks up the
// posts of each photo by index: an EXISTS it may answer by hashing all posts of
// the pod, for every page.
func photosWithin(shown where) where {
	post, alone := shown.on("posts"), shown.on("photos")
	return where{}.and("coalesce((SELECT max(CASE WHEN "+post.sql+" THEN 1 ELSE 0 END) FROM post_photos JOIN posts ON posts.id = post_photos.post_id"+
		" WHERE post_photos.account_id = photos.account_id AND post_photos.photo = photos.guid),"+
		" CASE WHEN "+alone.sql+" THEN 1 ELSE 0 END) = 1",
		append(post.args[:len(post.args):len(post.args)], alone.args...)...)
}

// andGone narrows tombstones to those of items that were in a scope.
func (w where) andGone(s source.Scope) where {
	if !s.Limited {
		w = w.and("tombstones.public")
	}
	s.Limited = true
	if times := shownOf(s).on("tombstones"); times.sql != "" {
		w = w.and("(tombstones.created_at = ? OR ("+times.sql+"))", append([]any{anyTime}, times.args...)...)
	}
	return w
}

// goneWithin is which tombstones a scope shows: those of items that were in it
// and are in it no more.
func goneWithin(s source.Scope, c transfer.Collection, table string) where {
	w := where{}.and("tombstones.account_id = ? AND tombstones.collection = ?", s.Account, c)
	if c == transfer.Posts || c == transfer.Photos {
		w = w.andGone(s)
	}
	w = w.andNoted(s, c, "tombstones")
	live := where{}.and(table + ".account_id = tombstones.account_id AND " + table + ".guid = tombstones.guid")
	if in := within(s, c); in.sql != "" {
		live = live.and(in.sql, in.args...)
	}
	return w.and("NOT EXISTS (SELECT 1 FROM "+table+" WHERE "+live.sql+")", live.args...)
}
