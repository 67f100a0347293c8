package redirects

import (
	"context"
	"errors"
	"fmt"
	"time"

	"podmove/transfer"
)

// eraseBatch is how many items one transaction erases.
const eraseBatch = 500

// errOver means that the departure is not in the state that the work is for:
// the person undid it, or another process was faster.
var errOver = errors.New("redirects: the departure has gone on")

// Run goes on with a departure: it waits for the grace period, has the new pod
// prove item by item what it holds, and erases what is proved (Protocol §7.3).
// It works for about the budget and says when to go on. Two calls at once are
// harmless. An error is this pod's own trouble; what the new pod does becomes
// the reason why erasing waits.
func (s *Service) Run(ctx context.Context, id string) (Next, error) {
	d, err := s.Book.Departure(ctx, id)
	if transfer.CodeOf(err) == transfer.NotFound {
		return Next{Done: true}, nil
	}
	if err != nil {
		return Next{}, err
	}
	if d.State != transfer.Redirecting && d.State != transfer.ErasingOld {
		return Next{Done: true}, nil
	}
	if d, err = s.announce(ctx, d); err != nil {
		return Next{}, err
	}
	if s.rest(s.look(d)) > 0 {
		return Next{After: s.rest(s.wake(d))}, nil
	}
	until := s.now().Add(s.Budget)
	for s.now().Before(until) {
		more, err := s.prove(ctx, d)
		if err != nil {
			return s.trouble(ctx, d, err)
		}
		if !more {
			return s.settle(ctx, d, until)
		}
	}
	return Next{}, nil
}

// settle decides when every answer that is due is there.
func (s *Service) settle(ctx context.Context, d Departure, until time.Time) (Next, error) {
	bound := s.bound()
	owing, err := s.Book.Owing(ctx, d, bound)
	if err != nil {
		return Next{}, err
	}
	whole, err := s.whole(ctx, d)
	if err != nil {
		return Next{}, err
	}
	switch {
	case s.rest(d.Due()) > 0:
		return s.early(ctx, d, owing)
	case d.State == transfer.ErasingOld:
	case whole.State == transfer.Redirecting && whole.ID != d.ID: // its undo takes this one back as well
		return Next{After: max(s.rest(whole.Due()), s.again(d))}, nil
	case owing.Unripe > 0:
		line := fmt.Sprintf("%d things were edited or removed at the new pod. You have until %s to look at the list; then the old copies are erased.",
			owing.Unripe, owing.Listed.Add(s.Notice).Format("2 January 2006 15:04 UTC"))
		return s.wait(ctx, d, transfer.HoldingsListed, line, s.rest(owing.Listed.Add(s.Notice)))
	case owing.Good == 0 && owing.Absent > 0:
		return s.waitAbsent(ctx, d, owing)
	default:
		err := s.begin(ctx, d.ID)
		if errors.Is(err, errOver) {
			return Next{After: time.Second}, nil // look again what it is now
		}
		if err != nil {
			return s.trouble(ctx, d, err)
		}
	}
	return s.erase(ctx, d, bound, until)
}

// early is settle while the grace period lasts: what is absent is asked for
// again, and the person knows.
func (s *Service) early(ctx context.Context, d Departure, owing Owing) (Next, error) {
	if owing.Absent > 0 {
		next, err := s.waitAbsent(ctx, d, owing)
		next.After = min(next.After, s.rest(s.wake(d)))
		return next, err
	}
	return Next{After: s.rest(s.wake(d))}, s.fine(ctx, d)
}

// begin is the point of no return: one transaction under the account's lock,
// so that exactly one of this and an undo happens (Protocol §7.1).
func (s *Service) begin(ctx context.Context, id string) error {
	_, err := s.change(ctx, id, func(ctx context.Context, d *Departure) error {
		if d.State != transfer.Redirecting || s.rest(d.Due()) > 0 {
			return errOver
		}
		if err := d.known(); err != nil {
			return err
		}
		stale, err := s.Book.Stale(ctx, *d, s.bound().Fresh, time.Time{}, 1)
		if err != nil {
			return err
		}
		if len(stale) > 0 {
			return errOver
		}
		return s.enter(ctx, d, transfer.ErasingOld, "The new pod has proved what it holds. The old copies are now erased; this cannot be undone.")
	})
	return err
}

// erase removes what is confirmed, batch by batch.
func (s *Service) erase(ctx context.Context, d Departure, bound Bound, until time.Time) (Next, error) {
	for s.now().Before(until) {
		gone := 0
		_, err := s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error {
			if d.State != transfer.ErasingOld {
				return errOver
			}
			err := d.known()
			if err != nil {
				return err
			}
			gone, err = s.Book.Erase(ctx, *d, bound, eraseBatch)
			return err
		})
		if errors.Is(err, errOver) {
			return Next{Done: true}, nil
		}
		if err != nil {
			return s.trouble(ctx, d, err)
		}
		if gone == 0 {
			return s.finish(ctx, d, bound)
		}
	}
	return Next{}, nil
}

// finish ends the departure, unless something is still to be proved: that
// stays, its address goes on leading to the new pod, and it is asked for again.
func (s *Service) finish(ctx context.Context, d Departure, bound Bound) (Next, error) {
	owing, err := s.Book.Owing(ctx, d, bound)
	switch {
	case err != nil:
		return Next{}, err
	case owing.Absent > 0:
		return s.waitAbsent(ctx, d, owing)
	case owing.Unripe > 0:
		return Next{After: max(s.rest(owing.Listed.Add(s.Notice)), time.Second)}, nil
	}
	line, err := s.erasedLine(ctx, d, owing)
	if err != nil {
		return Next{}, err
	}
	gone := 0
	_, err = s.change(ctx, d.ID, func(ctx context.Context, d *Departure) (err error) {
		if d.State != transfer.ErasingOld {
			return nil
		}
		if err := d.known(); err != nil {
			return err
		}
		// The person may have deleted the last post meanwhile.
		if gone, err = s.Book.Erase(ctx, *d, bound, eraseBatch); err != nil || gone > 0 {
			return err
		}
		return s.enter(ctx, d, transfer.Erased, line)
	})
	if err != nil {
		return s.trouble(ctx, d, err)
	}
	return Next{Done: gone == 0}, nil
}

// erasedLine is what the person reads when a departure is over.
func (s *Service) erasedLine(ctx context.Context, d Departure, owing Owing) (string, error) {
	left, err := s.Book.Left(ctx, d)
	if err != nil {
		return "", err
	}
	home, err := s.Book.Active(ctx, d.Account)
	if err != nil {
		return "", err
	}
	if home { // it came back, and not all of it (Protocol §6.5)
		return "The old copies of what did not come back with you are erased. They are at " + d.Destination + "; this account lives here.", nil
	}
	line := "The old copies are erased. " + d.Destination + " is where this account lives now."
	if left > 0 {
		line = fmt.Sprintf("The old copies are erased. %d things that did not arrive at the new pod stay here.", left)
	}
	if owing.Good > 0 { // Protocol §5.3
		line += " Contacts, aspects, blocks and the profile stay here as long as the posts and photos that are left."
	}
	return line, nil
}

// EraseNow skips what is left of the grace period, and nothing else
// (Protocol §7.5). Whoever calls it has made sure of a fresh sign-in.
func (s *Service) EraseNow(ctx context.Context, account int64, id string) (Departure, error) {
	d, err := s.Of(ctx, account, id)
	if err != nil {
		return d, err
	}
	whole, err := s.whole(ctx, d)
	if err != nil {
		return d, err
	}
	return s.change(ctx, id, func(ctx context.Context, d *Departure) error {
		earliest := s.Earliest(*d)
		switch {
		case d.State == transfer.ErasingOld, d.State == transfer.Erased, !d.EraseNow.IsZero():
			return nil
		case d.State != transfer.Redirecting:
			return transfer.Errorf(transfer.TransferClosed, "there is nothing to erase: the move is %s", d.State)
		case whole.State == transfer.Redirecting && whole.ID != d.ID:
			return transfer.Errorf(transfer.RequestInvalid, "the move that this completes can still be undone: have its old copies erased first. Nothing was changed")
		case s.rest(earliest) > 0:
			return transfer.Errorf(transfer.RequestInvalid, "the old copies can be erased from %s on, not earlier. Nothing was changed", earliest.Format("2 January 2006 15:04 UTC"))
		}
		d.EraseNow = s.now()
		if err := s.Book.SaveDeparture(ctx, *d); err != nil {
			return err
		}
		if err := s.Event(ctx, d.Account, d.ID, "transfer-erase-now", "You asked to erase the old copies without waiting. First the new pod has to prove that it holds everything."); err != nil {
			return err
		}
		return s.Enqueue(ctx, EraseJob{id}, time.Time{})
	})
}

// Earliest is from when on the person may ask to erase at once.
func (s *Service) Earliest(d Departure) time.Time { return d.Redirected.Add(s.Notice) }
