package redirects

import (
	"context"
	"slices"
	"strings"
	"time"

	"podmove/transfer"
)

// MayCome refuses a move from an ID to an account of this pod that has moved
// elsewhere and is to be erased here: it would come to be used again, and then
// lose what it had, while its person lives there. transfer.TransferActive.
func (s *Service) MayCome(ctx context.Context, account int64, from string) error {
	list, err := s.Book.DeparturesOf(ctx, account)
	if err != nil {
		return err
	}
	elsewhere, err := s.elsewhere(ctx, list, from)
	if err != nil || !elsewhere {
		return err
	}
	last, undo := list[len(list)-1], ""
	if last.State == transfer.Redirecting {
		undo = " or undo that move,"
	}
	return transfer.Errorf(transfer.TransferActive, "this account has moved to %s. Before %s can come here, move back from there,%s or use another account of this pod", last.Destination, from, undo)
}

// elsewhere reports whether an account's departures, oldest first, have it live
// elsewhere than at the ID, and are not over.
func (s *Service) elsewhere(ctx context.Context, list []Departure, id string) (bool, error) {
	if !slices.ContainsFunc(list, func(d Departure) bool { return d.State != transfer.Erased }) {
		return false, nil
	}
	if active, err := s.Book.Active(ctx, list[0].Account); err != nil || active {
		return false, err
	}
	there, err := s.lastWentTo(ctx, list, id)
	return !there, err
}

// lastWentTo reports whether the latest departure, or what completed it, leads to
// an ID.
func (s *Service) lastWentTo(ctx context.Context, list []Departure, id string) (bool, error) {
	for _, d := range list {
		if d.whole() != list[len(list)-1].whole() {
			continue
		}
		if leads, err := s.leadsTo(ctx, d, id); err != nil || leads {
			return leads, err
		}
	}
	return false, nil
}

// leadsTo reports whether an account left with the departure for an ID, or went
// on to that from there, as was proved; whether old links follow does not matter.
func (s *Service) leadsTo(ctx context.Context, d Departure, id string) (bool, error) {
	o, known, err := s.Book.Onward(ctx, d.ID)
	return strings.EqualFold(d.Destination, id) || known && strings.EqualFold(o.Account, id), err
}

// Home notes that a move from an ID to an account of this pod is done: the person
// lives here, so that the account is in use again if it had moved there. Each of
// its items that came took its own stub down as it came; a departure of which
// nothing is left over there is over (Protocol §6.5). What came from elsewhere
// leaves an account moved that has gone meanwhile. It runs in the transaction
// that ends the move, which holds the account's lock.
func (s *Service) Home(ctx context.Context, account int64, from string) error {
	list, err := s.Book.DeparturesOf(ctx, account)
	if err != nil || len(list) == 0 {
		return err
	}
	elsewhere, err := s.elsewhere(ctx, list, from)
	switch last := list[len(list)-1]; {
	case err != nil:
		return err
	case elsewhere:
		return s.Event(ctx, account, last.ID, "transfer-home", "What came from "+from+" is here. This account has moved to "+last.Destination+" meanwhile, and stays so.")
	}
	if err := s.Book.SetActive(ctx, account); err != nil {
		return err
	}
	for _, d := range list {
		back, err := s.leadsTo(ctx, d, from)
		if err == nil {
			err = s.home(ctx, d, back)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// home ends a departure all of whose items have come back. What has not goes
// the way of every departure: nobody brought it here, and the new pod has it.
// The person reads so if it is from there that they came back.
func (s *Service) home(ctx context.Context, d Departure, back bool) error {
	if d.State == transfer.Erased {
		return nil
	}
	ever := s.now().Add(time.Hour)
	owed, err := s.Book.Stale(ctx, d, ever, ever, 1)
	switch {
	case err != nil:
		return err
	case len(owed) > 0 && !back:
		return nil
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

// Away notes that a move from an ID to an account here was taken back: if that
// is where the account had moved, it has moved there again, with whatever had
// stayed here all the while. It runs in the transaction that ends the move,
// which holds the account's lock.
func (s *Service) Away(ctx context.Context, account int64, from string) error {
	list, err := s.Book.DeparturesOf(ctx, account)
	if err != nil || len(list) == 0 {
		return err
	}
	if there, err := s.lastWentTo(ctx, list, from); err != nil || !there {
		return err
	}
	last := list[len(list)-1]
	if err := s.Book.SetMoved(ctx, last); err != nil {
		return err
	}
	for _, d := range list {
		if d.whole() != last.whole() {
			continue
		}
		if err := s.Book.GoAgain(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
