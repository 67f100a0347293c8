package source

import (
	"context"

	"podmove/transfer"
)

// Compared are the tallies on which both pods agreed when the transfer was
// completed: what the receipt says arrived, which Complete held against the
// account. None before that.
func (s *Service) Compared(ctx context.Context, account int64, id string) ([]transfer.Tally, error) {
	t, err := s.Of(ctx, account, id)
	if err != nil || t.Receipt == "" {
		return nil, err
	}
	var r transfer.Receipt
	err = s.Peek(t.Receipt, &r) // verified when it came; its key may be gone by now
	return r.Tallies, err
}
