package source

import (
	"context"

	"podmove/transfer"
)

// What the person whose account it is may see and do, signed in here. An
// account never reaches another one's transfers.

// List is an account's transfers, newest first.
func (s *Service) List(ctx context.Context, account int64) ([]Transfer, error) {
	list, err := s.Transfers.TransfersOf(ctx, account)
	for i := range list {
		if err == nil {
			list[i], err = s.lapsed(ctx, list[i])
		}
	}
	return list, err
}

// Moving is where an account is on its way to, if that keeps the client from
// moving it to the destination; empty if nothing does. It is for the account's
// own person (Protocol §2.8).
func (s *Service) Moving(ctx context.Context, account int64, client, destination string) (string, error) {
	list, err := s.List(ctx, account)
	for _, t := range list {
		again := t.Client == client && t.Destination == destination // which takes its place
		if t.Purpose == transfer.Move && Live(t.State) && s.now().Sub(t.Used) < s.Idle && !again {
			return t.Destination, err
		}
	}
	return "", err
}

// Of is one transfer of an account; transfer.NotFound if it has no such.
func (s *Service) Of(ctx context.Context, account int64, id string) (Transfer, error) {
	t, err := s.Transfers.Transfer(ctx, id)
	if err != nil && transfer.CodeOf(err) != transfer.NotFound {
		return Transfer{}, err
	}
	if err != nil || t.Account != account {
		return Transfer{}, transfer.Errorf(transfer.NotFound, "there is no such transfer of this account")
	}
	return s.lapsed(ctx, t)
}

// Progress of one transfer of an account.
func (s *Service) Progress(ctx context.Context, account int64, id string) (transfer.Plan, error) {
	t, err := s.Of(ctx, account, id)
	if err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx, t)
}

// Leftovers lists what did not arrive, with the reasons, from after the item
// given (the zero Outcome is the beginning), at most limit.
func (s *Service) Leftovers(ctx context.Context, account int64, id string, after transfer.Outcome, limit int) ([]transfer.Outcome, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return nil, err
	}
	return s.Transfers.Leftovers(ctx, id, after, limit)
}

// Accept raises the stubs although something did not arrive: what did not stays
// here as it was (Protocol §5.2, §5.3). If the account has changed since the
// comparison the destination must first read the changes:
// transfer.ChangedSince. Repeated, it answers the state reached.
func (s *Service) Accept(ctx context.Context, account int64, id string) (Transfer, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return Transfer{}, err
	}
	var changed error
	t, err := s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		if t.State == transfer.Redirecting {
			return nil
		}
		if t.State != transfer.Verified {
			return transfer.Errorf(transfer.TransferClosed, "there is nothing to accept: the move is %s", t.State)
		}
		changed = s.unchanged(ctx, *t, t.AsOf)
		switch transfer.CodeOf(changed) {
		case "":
			t.Accepted = s.now()
			return s.redirect(ctx, t)
		case transfer.ChangedSince: // stored, although it is an error to the person
			return s.enter(ctx, t, transfer.Copying, "This account changed meanwhile; "+host(*t)+" reads the changes first.")
		}
		return changed
	})
	if err == nil {
		err = changed
	}
	return t, err
}

// Withdraw is Cancel by the person.
func (s *Service) Withdraw(ctx context.Context, account int64, id string) (Transfer, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return Transfer{}, err
	}
	return s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		return s.cancel(ctx, t, "You cancelled it. Nothing changed here.")
	})
}
