package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// somebody is the account that a test's moves lead to.
func somebody(t *testing.T, s *store.Store) int64 {
	t.Helper()
	a, err := s.AddAccount(t.Context(), pod.Account{
		GUID: strings.Repeat("c", 32), Username: "somebody", State: pod.Active, CreatedAt: time.Now(),
	}, "", strings.Repeat("d", 32))
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func TestMoves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 3, 1, 12, 0, 0, int(250*time.Millisecond), time.UTC)
		m := destination.Move{
			ID: "move-one", Account: somebody(t, s), Purpose: transfer.Move, Typed: "aurora@old.example", Nonce: "nonce",
			State: destination.Copying, Profile: destination.KeepProfile, Keys: []byte{}, Created: at, Changed: at,
		}
		if err := s.AddMove(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		same := func(t *testing.T) {
			t.Helper()
			if got, err := s.Move(t.Context(), m.ID); err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, m)
			}
		}
		t.Run("gives a move back as it was stored", same)
		t.Run("stores all that may change", func(t *testing.T) {
			from := m.State
			m.Issuer, m.Subject, m.SourceAccount, m.Transfer = "https://old.example", "subject", "aurora@old.example", "transfer"
			m.State, m.Phase, m.Reason, m.Message = destination.Waiting, destination.Verifying, transfer.RateLimited, "wait"
			m.WaitUntil, m.Waited, m.Attempts, m.Rounds = at.Add(time.Hour), 90*time.Minute, 3, 2
			m.Plan = transfer.Plan{Transfer: "transfer", Collections: []transfer.CollectionPlan{{Collection: transfer.Posts, Count: 7}}}
			m.Profile, m.Changed, m.Ended = destination.ReplaceProfile, at.Add(time.Minute), at.Add(time.Hour)
			if err := s.ChangeMove(t.Context(), m, from); err != nil {
				t.Fatal(err)
			}
			same(t)
		})
		t.Run("pins keys apart from the rest", func(t *testing.T) { // Protocol §1.5
			stale := m
			m.Keys = []byte(`{"keys":[]}`)
			if err := s.PinMove(t.Context(), m.ID, m.Keys); err != nil {
				t.Fatal(err)
			}
			if err := s.ChangeMove(t.Context(), stale, m.State); err != nil {
				t.Fatal(err)
			}
			same(t)
		})
		t.Run("stores nothing for who comes second", func(t *testing.T) {
			late := m
			late.Message = "late"
			if err := s.ChangeMove(t.Context(), late, destination.Copying); !errors.Is(err, transfer.ErrOvertaken) {
				t.Errorf("got %v", err)
			}
			same(t)
		})
		t.Run("keeps tokens apart from the rest", func(t *testing.T) {
			if err := s.SaveMoveTokens(t.Context(), m.ID, []byte("sealed")); err != nil {
				t.Fatal(err)
			}
			if err := s.ChangeMove(t.Context(), m, m.State); err != nil {
				t.Fatal(err)
			}
			if got, err := s.MoveTokens(t.Context(), m.ID); err != nil || string(got) != "sealed" {
				t.Errorf("got %q, %v", got, err)
			}
		})
		t.Run("lists what goes on, and what has been idle", func(t *testing.T) {
			working, err := s.UnfinishedMoves(t.Context())
			idle, err2 := s.IdleMoves(t.Context(), m.Changed.Add(time.Millisecond))
			fresh, err3 := s.IdleMoves(t.Context(), m.Changed)
			if err != nil || err2 != nil || err3 != nil || len(working) != 1 || len(idle) != 1 || len(fresh) != 0 {
				t.Errorf("working %v, idle %v, fresh %v: %v %v %v", working, idle, fresh, err, err2, err3)
			}
			list, err := s.MovesOf(t.Context(), m.Account)
			if err != nil || len(list) != 1 {
				t.Errorf("got %v, %v", list, err)
			}
		})
		t.Run("knows nothing of other moves", func(t *testing.T) {
			if _, err := s.Move(t.Context(), "another"); transfer.CodeOf(err) != transfer.NotFound {
				t.Errorf("got %v", err)
			}
			if _, err := s.MoveTokens(t.Context(), "another"); transfer.CodeOf(err) != transfer.NotFound {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestLogins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := destination.LoginAttempt{State: "state", Session: "session", Move: "move", Sealed: []byte("sealed"),
			Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)}
		if err := s.AddLogin(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if got, err := s.TakeLogin(t.Context(), "state"); err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := s.TakeLogin(t.Context(), "state"); transfer.CodeOf(err) != transfer.NotFound {
			t.Errorf("the second time: %v", err)
		}
	})
}
