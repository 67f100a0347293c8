package store_test

import (
	"fmt"
	"strings"
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// TestPagesByIndex looks how a late page would be read in a pod with accounts
// of some size.
func TestPagesByIndex(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i := range 5 {
			id := newAccount(t, s, fmt.Sprint("account", i)).ID
			must(t, s.DB(t.Context()).Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
				INSERT INTO posts (account_id, guid, seq, digest, size, public, created_at, text)
				SELECT CAST(? AS BIGINT), CAST(? AS TEXT) || '-post-number-' || i, i, 'd', 100, i % 2 = 0, i, 'text' FROM n`, id, fmt.Sprint("account", i)).Error)
			must(t, s.DB(t.Context()).Exec(`INSERT INTO photos (account_id, guid, seq, digest, size, name, file, public, created_at, sha256, bytes, type)
				SELECT account_id, guid, seq, digest, size, guid, guid, public, created_at, 'd', 1, 'image/png' FROM posts WHERE account_id = ?`, id).Error)
			must(t, s.DB(t.Context()).Exec("INSERT INTO post_photos (post_id, position, account_id, photo) SELECT id, 0, account_id, guid FROM posts WHERE account_id = ?", id).Error)
		}
		must(t, s.DB(t.Context()).Exec("ANALYZE").Error)
		for _, c := range []transfer.Collection{transfer.Posts, transfer.Photos} {
			for _, limited := range []bool{true, false} {
				plan, err := s.ExplainPage(t.Context(), source.Scope{Account: 3, Limited: limited}, c, 100, 4000)
				must(t, err)
				if !strings.Contains(plan, string(c)+"_seq") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "hashed") {
					t.Errorf("%s is not read by its index:\n%s", c, plan)
				}
			}
		}
	})
}

// BenchmarkWrite writes pages of 500 posts into an account.
func BenchmarkWrite(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store, account int64) {
		w := s.Writer(store.Run{ID: "run", Account: account}, nil)
		pages := make([][]transfer.Entry, b.N)
		for i := range pages {
			pages[i] = benchPage(b, i)
		}
		b.ResetTimer()
		after := transfer.Cursor("")
		for i, entries := range pages {
			next := transfer.Cursor(fmt.Sprint(i + 1))
			if _, err := w.Write(b.Context(), transfer.Page{Collection: transfer.Posts, After: after, Next: next, Entries: entries}); err != nil {
				b.Fatal(err)
			}
			after = next
		}
		b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "posts/s")
	})
}

// BenchmarkInsert is what gorm takes for the same posts and arrivals with
// nothing looked up, for comparison.
func BenchmarkInsert(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store, account int64) {
		pages := make([][]transfer.Entry, b.N)
		for i := range pages {
			pages[i] = benchPage(b, i)
		}
		b.ResetTimer()
		for _, entries := range pages {
			if err := s.InsertPlainly(b.Context(), account, entries); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "posts/s")
	})
}

// BenchmarkRead pages 20,000 posts, 500 at a time.
func BenchmarkRead(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store, account int64) {
		w := s.Writer(store.Run{ID: "run", Account: account}, nil)
		for i := range 40 {
			at, err := w.Progress(b.Context(), transfer.Posts)
			if err == nil {
				_, err = w.Write(b.Context(), transfer.Page{Collection: transfer.Posts, After: at, Next: at + "x", Entries: benchPage(b, i)})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		for range b.N {
			after := int64(0)
			for more := true; more; {
				var page []source.Change
				var err error
				if page, more, err = s.Changes(b.Context(), source.Scope{Account: account}, transfer.Posts, after, 1<<40, 500, 4<<20); err != nil {
					b.Fatal(err)
				}
				after = page[len(page)-1].Seq
			}
		}
		b.ReportMetric(float64(20_000*b.N)/b.Elapsed().Seconds(), "posts/s")
	})
}

func benchEach(b *testing.B, body func(b *testing.B, s *store.Store, account int64)) {
	for _, dialect := range storetest.Dialects() {
		b.Run(dialect, func(b *testing.B) {
			s := storetest.Open(b, dialect)
			var account int64
			err := s.DB(b.Context()).Raw(`INSERT INTO accounts (guid, username, email, password, state, created_at)
				VALUES ('bench', 'bench', '', '', 'active', 0) RETURNING id`).Scan(&account).Error
			if err != nil {
				b.Fatal(err)
			}
			body(b, s, account)
		})
	}
}

func benchPage(b *testing.B, n int) []transfer.Entry {
	list := make([]transfer.Entry, 500)
	for i := range list {
		e, err := transfer.Encode(fmt.Sprintf("%016x%016x", n, i), transfer.Post{
			CreatedAt: transfer.TimeOf(day(1)), Public: true, Provider: "mobile", Text: strings.Repeat("a text of some length <&> ", 20),
		})
		if err != nil {
			b.Fatal(err)
		}
		list[i] = e
	}
	return list
}
