package source

import (
	"context"
	"slices"

	"podmove/oauth"
	"podmove/transfer"
)

// Retriable says why a client may not try again what did not arrive of a move
// of an account, or nil (Protocol §5.5). It is for the account's own person
// (§2.8).
func (s *Service) Retriable(ctx context.Context, guid, client string, d oauth.Details) error {
	account, err := s.Transfers.Departing(ctx, guid)
	if err != nil {
		return err
	}
	_, err = s.completed(ctx, Transfer{Account: account.ID, Client: client, Destination: d.Destination, Retries: d.Retry})
	return err
}

// completed is the move that a transfer completes. It must be one of the same
// account, by the same pod and to the same account there, to which old links
// lead: else what it left is for a move of its own to carry.
func (s *Service) completed(ctx context.Context, t Transfer) (Transfer, error) {
	gone := transfer.Errorf(transfer.TransferClosed, "there is no move from here that this would complete: it was undone, or is another pod's")
	move, err := s.Transfers.Transfer(ctx, t.Retries)
	switch {
	case transfer.CodeOf(err) == transfer.NotFound:
		return move, gone
	case err != nil:
		return move, err
	case move.Account != t.Account || move.Client != t.Client || move.Destination != t.Destination || move.Retries != "":
		return move, gone
	case move.Purpose != transfer.Move || !move.State.Away():
		return move, gone
	}
	return move, nil
}

// again notes what a transfer carries that completes a move. What the person
// decided about old links then holds for these as well.
func (s *Service) again(ctx context.Context, t Transfer, items []transfer.ItemName) (Transfer, error) {
	move, err := s.completed(ctx, t)
	if err != nil {
		return t, err
	}
	t.NoAddress, t.LinksMayGo, t.Limited = move.NoAddress, move.LinksMayGo, move.Limited
	n, err := s.Transfers.AddItems(ctx, t, items)
	if err == nil && n == 0 {
		err = transfer.Errorf(transfer.TransferClosed, "there is nothing that this would complete: everything that the move left has arrived, or is gone")
	}
	return t, err
}

// stillMoved ends a transfer whose move was taken back meanwhile: there is
// nothing to complete any more.
func (s *Service) stillMoved(ctx context.Context, t Transfer) (Transfer, error) {
	_, err := s.completed(ctx, t)
	if transfer.CodeOf(err) != transfer.TransferClosed {
		return t, err
	}
	return s.change(ctx, t.ID, func(ctx context.Context, t *Transfer) error {
		if !Live(t.State) {
			return nil
		}
		return s.end(ctx, t, transfer.Cancelled, transfer.TransferClosed, "The move that it would have completed was taken back. Nothing changed here.")
	})
}

// Untransferred lists what a move left that can be tried again, with the reasons,
// at most limit: what the details of a request for it would carry.
func (s *Service) Untransferred(ctx context.Context, account int64, d oauth.Details, limit int) (list []transfer.Outcome, err error) {
	all, err := s.Leftovers(ctx, account, d.Retry, transfer.Outcome{}, limit)
	for _, o := range all {
		if o.Result == transfer.Failed && slices.Contains(d.Collections, string(o.Collection)) {
			list = append(list, o)
		}
	}
	return list, err
}
