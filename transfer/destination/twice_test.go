package destination_test

import (
	"sync/atomic"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// TestRunTwiceAtOnce: two calls of Run that get in each other's way do not both
// stop. The first is at a page of posts while the second goes on to the next
// phase and is at the same page.
func TestRunTwiceAtOnce(t *testing.T) {
	onStages(t, func(s *stage) {
		s.source.trouble = times(1, "page photos", coded(transfer.PodUnreachable))
		m := s.work(s.begin(), 1)
		s.want(m, destination.Waiting, transfer.PodUnreachable)
		s.now = s.now.Add(time.Minute)
		begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		var calls atomic.Int32
		s.source.trouble = func(call string) error {
			if call != "page posts" {
				return nil
			}
			switch calls.Add(1) {
			case 1:
				close(begun)
				<-goOn
			case 3: // the second: it has read everything once
				s.write(1)
				close(goOn)
				<-ended
			}
			return nil
		}
		var first destination.Next
		var failed error
		go func() {
			defer close(ended)
			first, failed = s.mover.Run(s.Context(), m.ID)
		}()
		<-begun
		second, err := s.mover.Run(s.Context(), m.ID)
		if err != nil || failed != nil {
			s.Fatal(failed, err)
		}
		if m = s.read(m); first.Done && second.Done && m.State != destination.Done {
			s.Errorf("both have stopped, and the move is %s", m.State)
		}
	})
}
