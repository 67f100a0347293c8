package redirects

import (
	"context"
	"time"

	"podmove/transfer"
)

// whole is the departure that d completes, or d itself (Protocol §5.5).
func (s *Service) whole(ctx context.Context, d Departure) (Departure, error) {
	if d.Retries == "" {
		return d, nil
	}
	return s.Book.Departure(ctx, d.Retries)
}

// undoLater takes back what completed a departure that is undone: old links
// would lead to a pod that the account has left. Both pods hear of each. None of
// them has begun to erase, since they wait for it (see settle).
func (s *Service) undoLater(ctx context.Context, d Departure) error {
	list, err := s.Book.DeparturesOf(ctx, d.Account)
	if err != nil {
		return err
	}
	for _, later := range list {
		if later.Retries != d.ID || later.State != transfer.Redirecting {
			continue
		}
		if err := s.takeBack(ctx, &later, "The move was undone, and with it what completed it."); err != nil {
			return err
		}
		if err := s.Enqueue(ctx, NoticeJob{later.ID}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
