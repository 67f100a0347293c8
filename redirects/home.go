package redirects

import (
	"context"
	"time"

	"podmove/transfer"
)

// Home notes that a move to an account of this pod is done: the person lives
// here, so that the account is in use again if it had moved away. Each of its
// items that came took its own stub down as it came; a departure of which
// nothing is left over there is over (Protocol §6.5). It runs in the
// transaction that ends the move, which holds the account's lock.
func (s *Service) Home(ctx context.Context, account int64) error {
	list, err := s.Book.DeparturesOf(ctx, account)
	if err != nil || len(list) == 0 {
		return err
	}
	if err := s.Book.SetActive(ctx, account); err != nil {
		return err
	}
	for _, d := range list {
		if err := s.home(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// home ends a departure all of whose items have come back. What has not goes
// the way of every departure: nobody brought it here, and the new pod has it.
func (s *Service) home(ctx context.Context, d Departure) error {
	if d.State == transfer.Erased {
		return nil
	}
	ever := s.now().Add(time.Hour)
	owed, err := s.Book.Stale(ctx, d, ever, ever, 1)
	switch {
	case err != nil:
		return err
	case len(owed) > 0:
		return s.Event(ctx, d.Account, d.ID, "transfer-home", "You moved back. What came with you stays here; what did not is at "+d.Destination+", and its old copies go as they would have.")
	case d.State == transfer.ErasingOld:
		return s.enter(ctx, &d, transfer.Erased, "You moved back. What was erased here has come again.")
	}
	if err := s.Revoke(ctx, d.Grant); err != nil {
		return err
	}
	return s.enter(ctx, &d, transfer.Undone, "You moved back. Everything is here, and the old addresses show it again. Nothing is erased.")
}

// Away notes that a move from a pod to an account here was taken back: if that
// is where the account had moved, it has moved there again, with whatever had
// stayed here all the while. It runs in the transaction that ends the move,
// which holds the account's lock.
func (s *Service) Away(ctx context.Context, account int64, pod string) error {
	list, err := s.Book.DeparturesOf(ctx, account)
	if err != nil || len(list) == 0 {
		return err
	}
	last := list[len(list)-1]
	if last.Origin() != pod {
		return nil
	}
	if err := s.Book.SetMoved(ctx, last); err != nil {
		return err
	}
	for _, d := range list {
		if d.ID != last.ID && d.ID != last.Retries && (last.Retries == "" || d.Retries != last.Retries) {
			continue
		}
		if err := s.Book.GoAgain(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
