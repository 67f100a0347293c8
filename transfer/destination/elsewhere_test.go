package destination_test

import (
	"context"
	"testing"

	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

// elsewhere has the account live elsewhere.
func (s *stage) elsewhere() {
	s.mover.MayCome = func(_ context.Context, account int64, from string) error {
		if account != s.account || from != transfertest.Aurora {
			s.Errorf("asked about %d and %s", account, from)
		}
		return transfer.Errorf(transfer.TransferActive, "this account has moved")
	}
}

// TestAccountThatMovedElsewhere: nothing moves to an account whose person lives
// elsewhere.
func TestAccountThatMovedElsewhere(t *testing.T) {
	start := func(s *stage, p transfer.Purpose) (destination.Move, error) {
		return s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora, Purpose: p})
	}
	onEach(t, map[string]func(s *stage){
		"no move begins": func(s *stage) {
			s.elsewhere()
			if _, err := start(s, transfer.Move); transfer.CodeOf(err) != transfer.TransferActive {
				s.Errorf("got %v", err)
			}
			if moves, err := s.store.MovesOf(s.Context(), s.account); err != nil || len(moves) != 0 {
				s.Errorf("%d moves, %v", len(moves), err)
			}
		},
		"a copy does": func(s *stage) {
			s.elsewhere()
			if _, err := start(s, transfer.Copy); err != nil {
				s.Error(err)
			}
		},
		"the old pod is not asked by one that was prepared before": func(s *stage) {
			m, err := start(s, transfer.Move)
			if err != nil {
				s.Fatal(err)
			}
			s.elsewhere()
			if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); transfer.CodeOf(err) != transfer.TransferActive {
				s.Errorf("got %v", err)
			}
			s.want(s.read(m), destination.Planned, "")
		},
		"one that is under way stops before the old pod is told to redirect, and goes on when the account is back": func(s *stage) {
			m := s.begin()
			s.elsewhere()
			m = s.work(m, 20)
			s.want(m, destination.NeedsAttention, transfer.TransferActive)
			if s.source.state == transfer.Redirecting {
				s.Fatal("the old pod redirects")
			}
			s.mover.MayCome = nil
			if _, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{}); err != nil {
				s.Fatal(err)
			}
			s.want(s.work(m, 20), destination.Done, "")
		},
	})
}
