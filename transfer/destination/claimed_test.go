package destination_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestOvertaken: whoever is at a move stops when somebody else decides about it.
func TestOvertaken(t *testing.T) {
	overtaken := func(s *stage, decide func(m destination.Move)) {
		s.source.trouble = times(-1, "page posts", coded(transfer.PodUnreachable))
		m := s.work(s.begin(), 1)
		s.want(m, destination.Waiting, transfer.PodUnreachable)
		atWork, err := s.store.ClaimMove(s.Context(), m.ID)
		if err != nil {
			s.Fatal(err)
		}
		decide(m)
		if err := s.store.ChangeMove(s.Context(), atWork, s.read(m).State); !errors.Is(err, transfer.ErrOvertaken) {
			s.Errorf("it goes on: %v", err)
		}
	}
	onEach(t, map[string]func(*stage){
		"by the person who tries again": func(s *stage) {
			overtaken(s, func(m destination.Move) {
				if _, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{}); err != nil {
					s.Fatal(err)
				}
			})
		},
		"by keys that differ": func(s *stage) { overtaken(s, func(m destination.Move) { s.differ(m) }) },
		"by the time that is up": func(s *stage) {
			overtaken(s, func(m destination.Move) {
				s.now = s.now.Add(8 * 24 * time.Hour)
				if err := s.mover.Expire(s.Context()); err != nil {
					s.Fatal(err)
				}
				s.want(s.read(m), destination.Cancelled, transfer.Expired)
			})
		},
	})
}

// oldNews lists a move as idle that is not any more.
type oldNews struct {
	destination.Moves
	ids []string
}

func (o oldNews) IdleMoves(context.Context, time.Time) ([]string, error) { return o.ids, nil }

func TestExpire(t *testing.T) {
	onStages(t, func(s *stage) {
		s.source.trouble = times(-1, "page posts", coded(transfer.PodUnreachable))
		m := s.work(s.begin(), 1)
		s.mover.Moves = oldNews{s.mover.Moves, []string{"a move whose account went", m.ID}}
		if err := s.mover.Expire(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.want(s.read(m), destination.Waiting, transfer.PodUnreachable)
	})
}
