package destination_test

import (
	"testing"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestCancelledMidPage: a page that is on its way when the person cancels is not
// stored any more. Who takes back what came would not know of it.
func TestCancelledMidPage(t *testing.T) {
	onStages(t, func(s *stage) {
		m := s.begin()
		s.source.trouble = func(call string) error {
			if call != "page posts" {
				return nil
			}
			_, err := s.mover.Cancel(s.Context(), s.account, m.ID)
			return err
		}
		m = s.work(m, 3)
		s.want(m, destination.Cancelled, "")
		taken, err := s.store.Taken(s.Context(), m.ID)
		if err != nil || taken[transfer.Posts].Entries > 0 {
			s.Errorf("of the page that came later %+v is here, %v", taken[transfer.Posts], err)
		}
	})
}

// TestAgreedAnewAndCancelled: the person agrees once more, and cancels before the
// old pod has opened anything under that. What came before can still be taken back.
func TestAgreedAnewAndCancelled(t *testing.T) {
	onStages(t, func(s *stage) {
		s.source.trouble = times(1, "page photos", coded(transfer.TokenInvalid))
		m := s.work(s.begin(), 1)
		s.want(m, destination.NeedsAttention, transfer.ConsentNeeded)
		first := m.Transfer
		if m = s.agree(m); m.Transfer != first || first == "" {
			s.Errorf("it is from the transfer %q, and was from %q", m.Transfer, first)
		}
		m, err := s.mover.Cancel(s.Context(), s.account, m.ID)
		if err != nil || m.Transfer != first {
			s.Errorf("once cancelled it is from the transfer %q: %v", m.Transfer, err)
		}
	})
}
