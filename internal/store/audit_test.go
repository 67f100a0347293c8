package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/audit"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
)

// written fills the audit log with n rows.
func written(t *testing.T, s *store.Store, n int) {
	t.Helper()
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		for i := range n {
			err := s.Audit(ctx, audit.Record{Kind: audit.KeyAdded, Subject: fmt.Sprint("key ", i), Detail: map[string]any{"i": i}})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// whole checks the chain, and that it has so many rows.
func whole(t *testing.T, s *store.Store, rows int64) audit.Head {
	t.Helper()
	head, err := audit.Verify(t.Context(), s, audit.Head{})
	if err != nil || head.Number != rows {
		t.Fatalf("%d rows, want %d: %v", head.Number, rows, err)
	}
	return head
}

func TestAuditChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		whole(t, s, 0)
		account, err := s.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active}, "", pod.NewGUID())
		must(t, err)
		var writers sync.WaitGroup
		for range 8 {
			writers.Go(func() {
				for i := range 50 {
					err := s.InTx(t.Context(), func(ctx context.Context) error {
						if err := s.Audit(ctx, audit.Record{Kind: audit.KeyAdded, Subject: fmt.Sprint(i)}); err != nil || i%2 == 0 {
							return err
						}
						return s.LockAccount(ctx, account.ID)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		whole(t, s, 1+8*50)
	})
}

// TestAuditLocksLast: what a transaction writes down locks nothing before its
// end, so that neither it nor the accounts' locks are waited for the wrong way
// round. SQLite has one writer, and no order of locks.
func TestAuditLocksLast(t *testing.T) {
	s := storetest.Open(t, storetest.Postgres)
	account, err := s.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active}, "", pod.NewGUID())
	must(t, err)
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Audit(ctx, audit.Record{Kind: audit.KeyAdded}); err != nil {
			return err
		}
		other, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := s.InTx(other, func(ctx context.Context) error {
			return errors.Join(s.LockAccount(ctx, account.ID), s.Audit(ctx, audit.Record{Kind: audit.KeyAdded}))
		})
		if err != nil {
			t.Errorf("another waits for it: %v", err)
		}
		return s.LockAccount(ctx, account.ID)
	}))
	whole(t, s, 3)
}

// TestPagesDoNotWaitForTheAuditLog: reading goes on while somebody holds its
// head.
func TestPagesDoNotWaitForTheAuditLog(t *testing.T) {
	s := storetest.Open(t, storetest.Postgres)
	account, err := s.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active}, "", pod.NewGUID())
	must(t, err)
	must(t, s.AddGrant(t.Context(), oauth.Grant{ID: "grant", Account: "a"}, time.Now()))
	must(t, s.AddTransfer(t.Context(), source.Transfer{ID: "transfer", Account: account.ID, Grant: "grant", Nonce: "n", State: transfer.Copying}))
	must(t, s.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.DB(ctx).Exec("UPDATE audit_head SET number = number WHERE id = 1").Error; err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, found, err := s.Grant(ctx, "grant")
		_, _, changes := s.Changes(ctx, source.Scope{Account: account.ID, Limited: true}, transfer.Posts, 0, 0, 10, 1<<20)
		if err := errors.Join(err, changes, s.TakeNonce(ctx, "transfer", "0a"), s.TouchTransfer(ctx, "transfer", time.Now())); err != nil || !found {
			t.Errorf("a page waits for the audit log: %v", err)
		}
		return nil
	}))
}

func TestAuditIsOfTheTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		undone := errors.New("undone")
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			must(t, s.Audit(ctx, audit.Record{Kind: audit.KeyAdded}))
			return undone
		})
		if !errors.Is(err, undone) {
			t.Error(err)
		}
		whole(t, s, 0)
	})
}

// unguarded lets a thief of the database change it.
func unguarded(ctx context.Context, t *testing.T, s *store.Store) {
	t.Helper()
	for trigger, table := range map[string]string{
		"audit_unchanged": "audit", "audit_undeleted": "audit", "audit_head_undeleted": "audit_head", "audit_head_forward": "audit_head",
	} {
		statement := "DROP TRIGGER IF EXISTS " + trigger
		if s.DB(ctx).Name() == storetest.Postgres {
			statement += " ON " + table
		}
		must(t, s.DB(ctx).Exec(statement).Error)
	}
}

func TestAuditTampering(t *testing.T) {
	cases := []struct {
		what   string
		with   []string
		broken int64
	}{
		{"a changed row", []string{"UPDATE audit SET actor = 'podmin' WHERE number = 5"}, 5},
		{"a changed time", []string{"UPDATE audit SET at = at + 1 WHERE number = 5"}, 5},
		{"a changed detail", []string{"UPDATE audit SET detail = '{\"i\": 4}' WHERE number = 5"}, 5},
		{"a deleted row", []string{"DELETE FROM audit WHERE number = 5"}, 5},
		{"a deleted first row", []string{"DELETE FROM audit WHERE number = 1"}, 1},
		{"all rows deleted", []string{"DELETE FROM audit"}, 1},
		{"the last row cut off", []string{"DELETE FROM audit WHERE number = 10"}, 10},
		{"the last row cut off, and the head set back", []string{
			"DELETE FROM audit WHERE number = 10", "UPDATE audit_head SET number = 9 WHERE id = 1",
		}, 9},
		{"a row put in before the first", []string{"INSERT INTO audit SELECT 0, at, account, actor, kind, subject, detail, prev, hash FROM audit WHERE number = 1"}, 0},
		{"a row put in at the end", []string{"INSERT INTO audit SELECT 11, at, account, actor, kind, subject, detail, hash, hash FROM audit WHERE number = 10"}, 11},
		{"a row put in between", []string{
			"UPDATE audit SET number = -number WHERE number > 5", "UPDATE audit SET number = 1 - number WHERE number < 0",
			"INSERT INTO audit SELECT 6, at, account, actor, kind, subject, detail, hash, hash FROM audit WHERE number = 5",
			"UPDATE audit_head SET number = 11 WHERE id = 1",
		}, 6},
		{"two rows swapped", []string{
			"UPDATE audit SET number = 100 WHERE number = 5", "UPDATE audit SET number = 5 WHERE number = 6", "UPDATE audit SET number = 6 WHERE number = 100",
		}, 5},
		{"a row replaced by a copy of another", []string{"DELETE FROM audit WHERE number = 5", "INSERT INTO audit SELECT 5, at, account, actor, kind, subject, detail, prev, hash FROM audit WHERE number = 4"}, 5},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		written(t, s, 10)
		whole(t, s, 10)
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				err := s.InTx(t.Context(), func(ctx context.Context) error { // which is taken back
					unguarded(ctx, t, s)
					for _, statement := range c.with {
						must(t, s.DB(ctx).Exec(statement).Error)
					}
					_, err := audit.Verify(ctx, s, audit.Head{})
					return err
				})
				if broken, ok := errors.AsType[audit.Broken](err); !ok || broken.Number != c.broken {
					t.Errorf("row %d is the first that is wrong; the answer is: %v", c.broken, err)
				}
			})
		}
		whole(t, s, 10)
	})
}

// TestAuditWrittenAnew: who can write both tables, and knows how the hashes are
// made, can write a chain that holds. Only a head that was noted elsewhere
// shows it.
func TestAuditWrittenAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		written(t, s, 3)
		noted := whole(t, s, 3)
		unguarded(t.Context(), t, s)
		for _, statement := range []string{
			"DELETE FROM audit", "UPDATE audit_head SET number = 0, hash = '" + strings.Repeat("0", 64) + "' WHERE id = 1",
		} {
			must(t, s.DB(t.Context()).Exec(statement).Error)
		}
		whole(t, s, 0)
		written(t, s, 2)
		whole(t, s, 2)
		for _, rows := range []int{0, 1} { // too short; then long enough, and another
			written(t, s, rows)
			_, err := audit.Verify(t.Context(), s, noted)
			if broken, ok := errors.AsType[audit.Broken](err); !ok || broken.Number != 3 {
				t.Errorf("with %d rows more: %v", rows, err)
			}
		}
	})
}

func TestAuditIsNotChangedByMistake(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		written(t, s, 2)
		for _, statement := range []string{
			"UPDATE audit SET actor = 'nobody' WHERE number = 1", "DELETE FROM audit WHERE number = 2", "DELETE FROM audit_head",
			"UPDATE audit_head SET number = 1 WHERE id = 1",
		} {
			if err := s.DB(t.Context()).Exec(statement).Error; err == nil {
				t.Errorf("the database does it: %s", statement)
			}
		}
		if s.DB(t.Context()).Name() == "postgres" {
			for _, table := range []string{"audit", "audit_head"} {
				if err := s.DB(t.Context()).Exec("TRUNCATE " + table).Error; err == nil {
					t.Errorf("the database empties %s", table)
				}
			}
		}
		whole(t, s, 2)
	})
}

// TestAuditVerifiedWhileWritten: rows that come meanwhile are no break.
func TestAuditVerifiedWhileWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var writer sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		writer.Go(func() {
			for ctx.Err() == nil {
				written(t, s, 3)
			}
		})
		for range 20 {
			if head, err := audit.Verify(t.Context(), s, audit.Head{}); err != nil {
				t.Errorf("after %d rows: %v", head.Number, err)
			}
		}
		stop()
		writer.Wait()
	})
}

func TestAuditCounted(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			now := time.Date(2026, 11, 26, 10, 59, 0, 0, time.UTC)
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return now } })
			try := func(n int, account string) {
				t.Helper()
				for range n {
					must(t, s.AuditCounted(t.Context(), audit.Record{Kind: audit.SignInFailed, Account: account}))
				}
			}
			try(123, "a")
			whole(t, s, 3) // 1, 10, 100
			try(5, "b")
			head := whole(t, s, 4)
			now = now.Add(time.Hour)
			must(t, s.SweepAuditCounts(t.Context()))
			try(1, "a")
			whole(t, s, head.Number+1)
			rows, err := s.AuditBefore(t.Context(), "a", 0, 10)
			if err != nil || len(rows) != 4 || rows[1].Detail != `{"times":100}` {
				t.Errorf("%v %v", rows, err)
			}
			must(t, s.DB(t.Context()).Exec("UPDATE audit_counts SET count = 999 WHERE account = '*'").Error)
			for i := range 5 {
				try(1, fmt.Sprint("stranger ", i))
			}
			head = whole(t, s, head.Number+2)
			if rows, err = s.AuditRows(t.Context(), head.Number-1, 1); err != nil || rows[0].Detail != `{"last_this_hour":true,"times":1}` {
				t.Errorf("%v %v", rows, err)
			}
		})
	}
}

// TestAudited: what is done to an account and its grants leaves rows, and none
// of them holds what is secret.
func TestAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := audit.By(t.Context(), audit.Person), time.Now()
		a, err := s.AddAccount(ctx, pod.Account{GUID: pod.NewGUID(), Username: "aurora", Email: "aurora@mail.example", State: pod.Active}, "hash", pod.NewGUID())
		must(t, err)
		for _, id := range []string{"one", "two", "three"} {
			must(t, s.AddGrant(ctx, oauth.Grant{ID: id, Account: a.GUID, Client: "https://new.example/oauth/client.json"}, now))
		}
		must(t, s.RevokeGrant(audit.By(ctx, audit.Client), "one", now))
		must(t, s.RevokeGrant(ctx, "one", now)) // again: nothing
		must(t, s.RevokeStolenGrant(t.Context(), "two", now))
		must(t, s.SetPassword(ctx, a.ID, "another hash", now))
		must(t, s.SetEmail(ctx, a.ID, "other@mail.example", now))
		must(t, s.Event(ctx, a.ID, "nothing", "transfer-open", "a line"))
		must(t, s.Event(ctx, a.ID, "nothing", "transfer-waiting", "another"))
		must(t, s.CloseAccount(ctx, a.ID, now))
		rows, err := s.AuditRows(ctx, 0, 100)
		must(t, err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Actor+" "+string(r.Kind)+" "+r.Subject)
			if text := r.Detail + r.Actor + r.Subject; r.Account != a.GUID || strings.Contains(text, "hash") || strings.Contains(text, "mail.example") {
				t.Errorf("row %+v", r)
			}
		}
		want := []string{
			"person account-added ", "person grant-given one", "person grant-given two", "person grant-given three",
			"client new.example grant-revoked one", "system grant-stolen two", "person grant-revoked three", "person password-changed ",
			"person email-changed ", "person transfer-open nothing", "person account-closed ",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		whole(t, s, int64(len(want)))
	})
}

// TestGrantUse: a grant's use is noted, and pages cost no write.
func TestGrantUse(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			now := time.UnixMilli(1_800_000_000_000)
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return now } })
			must(t, s.AddGrant(t.Context(), oauth.Grant{ID: "grant", Account: "a"}, now))
			used := func() (at int64) {
				t.Helper()
				if _, found, err := s.Grant(t.Context(), "grant"); !found || err != nil {
					t.Fatal(found, err)
				}
				must(t, s.DB(t.Context()).Table("grants").Select("last_used_at").Where("id = 'grant'").Scan(&at).Error)
				return at
			}
			first := now.UnixMilli()
			for _, step := range []struct {
				after time.Duration
				want  int64
			}{{0, first}, {59 * time.Second, first}, {time.Second, first + 60_000}, {30 * time.Second, first + 60_000}} {
				now = now.Add(step.after)
				if at := used(); at != step.want {
					t.Errorf("after %s it was last used %d ms after the first time", step.after, at-first)
				}
			}
			if rows, err := s.AuditRows(t.Context(), 1, 10); err != nil || len(rows) != 0 {
				t.Errorf("using it was written down: %v %v", rows, err)
			}
		})
	}
}
