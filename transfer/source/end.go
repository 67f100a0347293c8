package source

import (
	"context"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// Cancel ends a transfer before anything here has changed. Repeated, or when it
// has ended otherwise, it answers the state reached.
func (s *Service) Cancel(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error) {
	if _, err := s.find(ctx, g, id); err != nil {
		return transfer.Plan{}, err
	}
	t, err := s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		return s.cancel(ctx, t, host(*t)+" cancelled it. Nothing changed here.")
	})
	if err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx, t)
}

func (s *Service) cancel(ctx context.Context, t *Transfer, line string) error {
	if !May(t.State, transfer.Cancelled) {
		return nil
	}
	return s.end(ctx, t, transfer.Cancelled, "", line)
}

// Returned revokes a grant that its client gives back, and ends what it can go on
// with no more and has changed nothing yet: what was opened under the grant, or for
// the same destination under one that has ended. A client that never heard that it
// had opened something cannot cancel it.
func (s *Service) Returned(ctx context.Context, g oauth.Grant) error {
	return s.Transfers.InTx(ctx, func(ctx context.Context) error {
		account, err := s.Transfers.Departing(ctx, g.Account)
		if transfer.CodeOf(err) == transfer.NotFound {
			return s.Revoke(ctx, g.ID)
		}
		if err != nil {
			return err
		}
		if err := s.Transfers.LockAccount(ctx, account.ID); err != nil {
			return err
		}
		if err := s.Revoke(ctx, g.ID); err != nil {
			return err
		}
		return s.endUnder(ctx, account, g)
	})
}

func (s *Service) endUnder(ctx context.Context, account Account, g oauth.Grant) error {
	list, err := s.Transfers.TransfersOf(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.Client != g.Client || t.Destination != g.Details.Destination || !t.State.Readable() {
			continue
		}
		over, err := s.Transfers.Revoked(ctx, t.Grant)
		if err != nil {
			return err
		}
		if !over && t.Grant != g.ID {
			continue
		}
		if err := s.cancel(ctx, &t, host(t)+" gave its permission back. Nothing changed here."); err != nil {
			return err
		}
	}
	return nil
}

// end closes a transfer that changed nothing, and the permission with it.
func (s *Service) end(ctx context.Context, t *Transfer, state transfer.State, why transfer.Code, line string) error {
	t.Reason = why
	if err := s.enter(ctx, t, state, line); err != nil {
		return err
	}
	return s.Revoke(ctx, t.Grant)
}

const expiredLine = "Nobody went on with it for too long, so it has ended. Nothing changed here."

// Expire ends the transfers that nobody has used for too long, and answers how
// many (Protocol §4.5). It is run now and then.
func (s *Service) Expire(ctx context.Context) (int, error) {
	ids, err := s.Transfers.IdleTransfers(ctx, s.now().Add(-s.Idle), 1000)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if _, err := s.expire(ctx, id); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

func (s *Service) expire(ctx context.Context, id string) (Transfer, error) {
	return s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		if !Live(t.State) || s.now().Sub(t.Used) < s.Idle-time.Minute {
			return nil
		}
		return s.end(ctx, t, transfer.ExpiredIdle, transfer.Expired, expiredLine)
	})
}
