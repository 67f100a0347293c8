package store_test

import (
	"errors"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

// newAccount adds an account for a test.
func newAccount(t *testing.T, s *store.Store, username string) pod.Account {
	t.Helper()
	a, err := s.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: username, Email: username + "@mail.example", State: pod.Active,
		CreatedAt: time.UnixMilli(1234567890123),
	}, "hash of "+username, pod.NewGUID())
	must(t, err)
	return a
}

func TestAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		a := newAccount(t, s, "aurora")
		b := newAccount(t, s, "boreal")

		t.Run("finds an account by id, name and guid, as it was added", func(t *testing.T) {
			for _, find := range []func() (pod.Account, error){
				func() (pod.Account, error) { return s.Account(ctx, a.ID) },
				func() (pod.Account, error) { return s.AccountNamed(ctx, "aurora") },
				func() (pod.Account, error) { return s.AccountWithGUID(ctx, a.GUID) },
			} {
				got, err := find()
				must(t, err)
				if got != a || got.CreatedAt.UnixMilli() != 1234567890123 {
					t.Errorf("%+v, want %+v", got, a)
				}
			}
		})
		t.Run("finds no other", func(t *testing.T) {
			_, err := s.Account(ctx, b.ID+1)
			_, named := s.AccountNamed(ctx, "Aurora")
			_, password := s.Password(ctx, b.ID+1)
			for _, err := range []error{err, named, password} {
				if !errors.Is(err, pod.ErrNoAccount) {
					t.Errorf("%v, want ErrNoAccount", err)
				}
			}
		})
		t.Run("finds nobody under what no database can hold", func(t *testing.T) {
			for _, text := range []string{"aurora\x00", "\xff"} {
				_, named := s.AccountNamed(ctx, text)
				_, known := s.AccountWithGUID(ctx, text)
				if !errors.Is(named, pod.ErrNoAccount) || !errors.Is(known, pod.ErrNoAccount) {
					t.Errorf("%q: %v, %v", text, named, known)
				}
				_, given := s.Transfer(ctx, text)
				_, taken := s.MoveFrom(ctx, text, "0123456789abcdef")
				_, left := s.Departure(ctx, text)
				for _, err := range []error{given, taken, left} {
					if transfer.CodeOf(err) != transfer.NotFound {
						t.Errorf("%q: %v", text, err)
					}
				}
			}
		})
		t.Run("keeps the password apart", func(t *testing.T) {
			hash, err := s.Password(ctx, b.ID)
			must(t, err)
			if hash != "hash of boreal" {
				t.Errorf("%q", hash)
			}
		})
		t.Run("refuses a name twice and adds nothing", func(t *testing.T) {
			_, err := s.AddAccount(ctx, pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active}, "", pod.NewGUID())
			if !errors.Is(err, pod.ErrNameTaken) {
				t.Errorf("%v, want ErrNameTaken", err)
			}
			var profiles int64
			must(t, s.DB(ctx).Table("profiles").Count(&profiles).Error)
			if profiles != 2 {
				t.Errorf("%d profiles, want 2", profiles)
			}
		})
	})
}

func TestSessions(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			now := time.UnixMilli(1_000_000)
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return now } })
			ctx := t.Context()
			must(t, s.SaveSession(ctx, "a", []byte("one"), now.Add(time.Minute)))
			must(t, s.SaveSession(ctx, "a", []byte("two"), now.Add(time.Hour)))
			want := func(token, data string) {
				t.Helper()
				got, err := s.Session(ctx, token)
				must(t, err)
				if string(got) != data {
					t.Errorf("session %s holds %q, want %q", token, got, data)
				}
			}
			want("a", "two")
			want("b", "")
			now = now.Add(time.Hour)
			want("a", "")
			must(t, s.SweepSessions(ctx))
			now = now.Add(-time.Minute)
			want("a", "") // swept
			must(t, s.SaveSession(ctx, "a", []byte("three"), now.Add(time.Minute)))
			must(t, s.DeleteSession(ctx, "a"))
			want("a", "")
		})
	}
}

func TestEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		a, b := newAccount(t, s, "aurora"), newAccount(t, s, "boreal")
		must(t, s.Event(ctx, a.ID, "m1", "started", "The move began."))
		must(t, s.Event(ctx, b.ID, "m2", "started", "Another move began."))
		must(t, s.Event(ctx, a.ID, "", "email", "The address changed."))

		all, err := s.Events(ctx, a.ID, 0, 10)
		must(t, err)
		if len(all) != 2 || all[0].Kind != "email" || all[1].Subject != "m1" {
			t.Fatalf("%+v, want the two of aurora, newest first", all)
		}
		older, err := s.Events(ctx, a.ID, all[0].Number, 10)
		must(t, err)
		about, err := s.EventsOf(ctx, a.ID, "m1", 10)
		must(t, err)
		if len(older) != 1 || len(about) != 1 || older[0] != about[0] {
			t.Errorf("%+v and %+v, want the first event", older, about)
		}
	})
}
