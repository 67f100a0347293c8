package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

const days = 24 * time.Hour

// addresses are those that an account has or had not long ago.
func addresses(t *testing.T, s *store.Store, account int64, now time.Time) (list []string) {
	t.Helper()
	boxes, err := s.Mailboxes(t.Context(), account, now)
	must(t, err)
	for _, b := range boxes {
		list = append(list, b.Email)
	}
	return list
}

func TestEmails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a, b := t.Context(), newAccount(t, s, "aurora"), newAccount(t, s, "boreal")
		now := time.Now()
		is := func(t *testing.T, at time.Time, want ...string) {
			t.Helper()
			if got := addresses(t, s, a.ID, at); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		t.Run("has the address that an account began with", func(t *testing.T) { is(t, now, "aurora@mail.example") })
		must(t, s.SetEmail(ctx, a.ID, "second@mail.example", now))
		must(t, s.SetEmail(ctx, a.ID, "third@mail.example", now.Add(days)))
		t.Run("remembers each one that was changed", func(t *testing.T) {
			is(t, now.Add(2*days), "aurora@mail.example", "second@mail.example", "third@mail.example")
		})
		t.Run("forgets one after 90 days, and keeps the one of now", func(t *testing.T) {
			is(t, now.Add(90*days+time.Hour), "second@mail.example", "third@mail.example")
			is(t, now.Add(1000*days), "third@mail.example")
		})
		t.Run("knows one once that came back", func(t *testing.T) {
			must(t, s.SetEmail(ctx, a.ID, "aurora@mail.example", now.Add(2*days)))
			is(t, now.Add(2*days), "aurora@mail.example", "second@mail.example", "third@mail.example")
			is(t, now.Add(1000*days), "aurora@mail.example")
		})
		t.Run("leaves another account's alone", func(t *testing.T) {
			if got := addresses(t, s, b.ID, now); !slices.Equal(got, []string{"boreal@mail.example"}) {
				t.Errorf("got %q", got)
			}
		})
		t.Run("refuses an account that is not there", func(t *testing.T) {
			if err := s.SetEmail(ctx, 999, "x@mail.example", now); !errors.Is(err, pod.ErrNoAccount) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestManyEmails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a, now := t.Context(), newAccount(t, s, "aurora"), time.Now()
		for i := range pod.MostEmails {
			must(t, s.SetEmail(ctx, a.ID, fmt.Sprintf("%d@mail.example", i), now))
		}
		t.Run("refuses one more, and changes nothing", func(t *testing.T) {
			if err := s.SetEmail(ctx, a.ID, "more@mail.example", now); !errors.Is(err, pod.ErrManyEmails) {
				t.Errorf("got %v", err)
			}
			account, err := s.Account(ctx, a.ID)
			must(t, err)
			if account.Email != "9@mail.example" || len(addresses(t, s, a.ID, now)) != pod.MostEmails+1 {
				t.Errorf("it is %s of %q", account.Email, addresses(t, s, a.ID, now))
			}
		})
		t.Run("takes one that it had", func(t *testing.T) { must(t, s.SetEmail(ctx, a.ID, "aurora@mail.example", now)) })
		t.Run("takes one more when they are forgotten", func(t *testing.T) {
			must(t, s.SetEmail(ctx, a.ID, "more@mail.example", now.Add(91*days)))
		})
	})
}

func TestSweepEmails(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			now := time.Now()
			s := storetest.Open(t, dialect, func(o *store.Options) { o.Now = func() time.Time { return now } })
			a := newAccount(t, s, "aurora")
			must(t, s.SetEmail(t.Context(), a.ID, "second@mail.example", now))
			first, err := s.Mailboxes(t.Context(), a.ID, now)
			must(t, err)
			for _, passed := range []time.Duration{89 * days, 91 * days} {
				now = now.Add(passed)
				must(t, s.SweepEmails(t.Context()))
				for i, box := range first {
					_, found, err := s.Mailbox(t.Context(), box.ID)
					if want := i == 1 || passed == 89*days; err != nil || found != want {
						t.Errorf("after %s %s is there: %v, %v", passed, box.Email, found, err)
					}
				}
				now = now.Add(-passed)
			}
		})
	}
}

func TestEventLookup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a, began := t.Context(), newAccount(t, s, "aurora"), time.Now().Add(-time.Second)
		one, err := s.AddEvent(ctx, a.ID, "move", "move-done", "It is done.")
		must(t, err)
		must(t, s.Event(ctx, a.ID, "move", "move-undone", "It was undone."))
		t.Run("finds a line by its number, as it was added", func(t *testing.T) {
			got, found, err := s.EventNumbered(ctx, one.Number)
			if got != one || !found || err != nil || got.Account != a.ID || got.Text != "It is done." {
				t.Errorf("%+v, %v, %v", got, found, err)
			}
		})
		t.Run("finds no other", func(t *testing.T) {
			if _, found, err := s.EventNumbered(ctx, one.Number+9); found || err != nil {
				t.Errorf("%v, %v", found, err)
			}
		})
		for _, since := range []time.Time{began, time.Now().Add(time.Hour)} {
			list, err := s.EventsSince(ctx, a.ID, "move-done", since, 9)
			if want := since.Equal(began); err != nil || (len(list) == 1) != want {
				t.Errorf("since %s: %+v, %v", since, list, err)
			}
		}
	})
}
