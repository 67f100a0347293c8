package destination_test

import (
	"strings"
	"testing"

	"podmove/internal/pins"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// differ marks a move as internal/pins does, and has it distrusted.
func (s *stage) differ(m destination.Move) destination.Move {
	s.Helper()
	p := pins.Pin{Kind: pins.Move, ID: m.ID}
	p.Keys, p.Differ = m.Keys, s.now
	if err := s.store.SavePin(s.Context(), p, m.Keys); err != nil {
		s.Fatal(err)
	}
	if err := s.mover.Distrust(s.Context(), m.ID); err != nil {
		s.Fatal(err)
	}
	m, err := s.mover.Mine(s.Context(), s.account, m.ID)
	if err != nil {
		s.Fatal(err)
	}
	return m
}

// TestDistrust: the source's keys are none of those agreed on (Protocol §1.5).
func TestDistrust(t *testing.T) {
	onEach(t, map[string]func(*stage){
		"stops a move until the person agrees at the old pod again": func(s *stage) {
			s.source.trouble = times(1, "page posts", coded(transfer.PodUnreachable))
			m := s.differ(s.work(s.begin(), 1))
			s.want(m, destination.NeedsAttention, transfer.KeysDiffer)
			if !strings.Contains(m.Message, "old.example answers with other keys") {
				s.Errorf("it says %q", m.Message)
			}
			if _, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{}); transfer.CodeOf(err) != transfer.KeysDiffer {
				s.Errorf("trying again: %v", err)
			}
			s.source.nonce, s.source.state = "", transfer.Open
			m = s.agree(m)
			kept, err := s.store.Move(s.Context(), m.ID)
			if err != nil || !kept.KeysDiffer.IsZero() || string(kept.Keys) != string(s.login.granted.Keys) {
				s.Errorf("after a new consent the pin is %s, differing since %s, %v", kept.Keys, kept.KeysDiffer, err)
			}
			s.want(s.work(m, 20), destination.Done, "")
		},
		"tells of a move that is done, and leaves it as it is": func(s *stage) {
			m := s.differ(s.work(s.begin(), 20))
			s.want(m, destination.Done, "")
			events, err := s.store.EventsOf(s.Context(), s.account, m.ID, 1)
			if err != nil || len(events) != 1 || events[0].Kind != "move-keys-differ" {
				s.Errorf("told is %+v, %v", events, err)
			}
		},
		"leaves a person alone who is about to agree": func(s *stage) {
			s.source.trouble = times(-1, "page photos", coded(transfer.TokenInvalid))
			m := s.work(s.begin(), 5)
			if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); err != nil {
				s.Fatal(err)
			}
			s.want(s.differ(m), destination.Authorizing, "")
		},
	})
}

// TestEachToken: whoever drops keys asks first which tokens are held.
func TestEachToken(t *testing.T) {
	onStages(t, func(s *stage) {
		held := func() (list []string) {
			if err := s.mover.EachTokens(s.Context(), func(tokens []byte) { list = append(list, string(tokens)) }); err != nil {
				s.Fatal(err)
			}
			return list
		}
		s.source.trouble = times(1, "page posts", coded(transfer.PodUnreachable))
		m := s.work(s.begin(), 1)
		if list := held(); len(list) != 1 || list[0] != "tokens" {
			s.Errorf("held are %q", list)
		}
		m = s.work(m, 20)
		if _, err := s.mover.Farewell(s.Context(), m.ID); err != nil {
			s.Fatal(err)
		}
		if list := held(); len(list) != 0 {
			s.Errorf("after the move %q are held", list)
		}
	})
}
