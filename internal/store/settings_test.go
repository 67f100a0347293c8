package store_test

import (
	"errors"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/destination"
)

func TestCloseAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := newHome(t, s), t.Context()
		account, err := s.Account(ctx, h.account)
		must(t, err)
		other := newHomeOf(t, s, "boreal")
		must(t, s.AddGrant(ctx, oauth.Grant{ID: "grant", Account: account.GUID, Client: "https://elsewhere.example/c"}, time.Now()))
		move := destination.Move{ID: "move-here", Account: h.account, Purpose: transfer.Move, Typed: "a@old.example", Nonce: "n", State: destination.Copying, Created: time.Now(), Changed: time.Now()}
		must(t, s.AddMove(ctx, move))
		t.Run("is refused while a move is under way, and nothing is deleted", func(t *testing.T) {
			if err := s.CloseAccount(ctx, h.account, time.Now()); !errors.Is(err, pod.ErrMoving) {
				t.Errorf("got %v", err)
			}
			if posts, err := s.VisiblePosts(ctx, h.account, pod.Viewer{}, pod.Mark{}, 9); err != nil || len(posts) != 1 {
				t.Errorf("%d posts, %v", len(posts), err)
			}
		})
		_, err = s.PrepareSecondStep(ctx, h.account, []byte("sealed"))
		must(t, err)
		must(t, s.SetRecoveryCodes(ctx, h.account, [][]byte{[]byte("hash")}))
		from := move.State
		move.State = destination.Cancelled
		must(t, s.ChangeMove(ctx, move, from))
		must(t, s.CloseAccount(ctx, h.account, time.Now()))
		t.Run("leaves nothing of what the account held", func(t *testing.T) {
			for _, table := range []string{"posts", "photos", "contacts", "aspects", "blocks", "profiles", "tombstones", "arrivals", "events", "account_emails", "second_steps", "recovery_codes"} {
				var n int64
				must(t, s.DB(ctx).Table(table).Where("account_id = ?", h.account).Count(&n).Error)
				if n != 0 {
					t.Errorf("%s: %d", table, n)
				}
			}
		})
		t.Run("leaves all of another account", func(t *testing.T) {
			if posts, err := s.VisiblePosts(ctx, other.account, pod.Viewer{}, pod.Mark{}, 9); err != nil || len(posts) != 1 {
				t.Errorf("%d posts, %v", len(posts), err)
			}
		})
		t.Run("ends what programs may read", func(t *testing.T) {
			if _, found, err := s.Grant(ctx, "grant"); found || err != nil {
				t.Errorf("found: %v, %v", found, err)
			}
		})
		t.Run("keeps the name taken", func(t *testing.T) {
			_, err := s.AddAccount(ctx, pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active, CreatedAt: time.Now()}, "", pod.NewGUID())
			if !errors.Is(err, pod.ErrNameTaken) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("lets nothing be written", func(t *testing.T) {
			if _, err := s.CreatePost(ctx, h.account, transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Text: "x", Public: true}); !errors.Is(err, pod.ErrNotActive) {
				t.Errorf("got %v", err)
			}
		})
	})
}
