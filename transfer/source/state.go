package source

import (
	"context"
	"slices"

	"podmove/transfer"
)

// next is the whole life of a transfer (Protocol §7.1): what is not in this
// table does not happen. What follows on redirecting is done by whoever keeps
// the stubs; it stands here so that the table is whole.
var next = map[transfer.State][]transfer.State{
	transfer.Open:    {transfer.Copying, transfer.Verified, transfer.Cancelled, transfer.ExpiredIdle},
	transfer.Copying: {transfer.Frozen, transfer.Verified, transfer.Cancelled, transfer.ExpiredIdle},
	transfer.Frozen:  {transfer.Copying, transfer.Verified, transfer.Cancelled, transfer.ExpiredIdle},
	// Back to copying: something changed, or arrived, after the comparison.
	transfer.Verified:    {transfer.Copying, transfer.Redirecting, transfer.Finished, transfer.Cancelled, transfer.ExpiredIdle},
	transfer.Redirecting: {transfer.ErasingOld, transfer.Undone},
	transfer.ErasingOld:  {transfer.Erased},
}

// May reports whether a transfer can go from one state to another.
func May(from, to transfer.State) bool { return slices.Contains(next[from], to) }

// Live reports whether the transfer still may end in something: no other move
// of the account can begin meanwhile.
func Live(s transfer.State) bool { return s.Readable() }

// enter brings t into a state, stores it, and writes the line that the person
// reads. It runs inside change.
func (s *Service) enter(ctx context.Context, t *Transfer, to transfer.State, line string) error {
	if !May(t.State, to) {
		return transfer.Errorf(transfer.TransferClosed, "the transfer is %s and cannot become %s", t.State, to)
	}
	if t.State == transfer.Frozen {
		line += " " + s.stood(t)
	}
	t.State = to
	if len(next[to]) == 0 {
		t.Ended = s.now()
	}
	if err := s.Transfers.SaveTransfer(ctx, *t); err != nil {
		return err
	}
	return s.Event(ctx, t.Account, t.ID, "transfer-"+string(to), line)
}

// change runs fn on the transfer as it is under the account's lock, in one
// transaction.
func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, t *Transfer) error) (Transfer, error) {
	var t Transfer
	err := s.Transfers.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Transfers.Transfer(ctx, id)
		if err != nil {
			return err
		}
		if err := s.Transfers.LockAccount(ctx, before.Account); err != nil {
			return err
		}
		if t, err = s.Transfers.Transfer(ctx, id); err != nil {
			return err
		}
		return fn(ctx, &t)
	})
	return t, err
}
